//! The cases, by what they are about. Each names the rules that it pins, and asserts what was sent.
#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]

mod alike;
mod assert_schema;
mod assigned;
mod associations;
mod attributes;
mod autoflush;
mod bad_input;
mod boundary;
mod budgets;
mod bulk;
mod cancellation;
mod cascades;
mod circles;
mod collections;
mod composite;
mod composites;
mod computed;
mod contract;
mod ddl_events;
mod deferred;
mod deletions;
mod dialects;
mod dml;
mod errors;
mod evaluated;
mod events;
mod exact;
mod executions;
mod expiry;
mod faults;
mod features;
mod filled;
mod filled_keys;
mod flush;
mod fuzz;
mod half_read;
mod hooks;
mod hybrids;
mod identity;
mod join_conditions;
mod joining;
mod kills;
mod left_out;
mod levels;
mod lifecycle;
mod loading;
mod looking;
mod merge;
mod merge_graphs;
mod merge_loaded;
mod mixins;
mod natural_keys;
mod newcomers;
mod numbered;
mod owners;
mod plan;
mod portions;
mod properties;
mod proxies;
mod queries;
mod random;
mod random_columns;
mod random_loading;
mod reflection;
mod relationships;
mod replay;
mod rollback;
mod rules;
mod savepoints;
mod server;
mod sides;
mod states;
mod strategies;
mod streaming;
mod switches;
mod tenants;
mod transactions;
mod transient;
mod versions;
mod work;

use crate::Case;

/// All cases, in the order in which they run.
pub fn cases() -> Vec<Case> {
    let files = [
        contract::CASES,
        contract::ASYNC,
        states::CASES,
        strategies::CASES,
        looking::CASES,
        expiry::CASES,
        transient::CASES,
        events::CASES,
        hooks::CASES,
        lifecycle::CASES,
        executions::CASES,
        attributes::CASES,
        budgets::CASES,
        identity::CASES,
        flush::CASES,
        deletions::CASES,
        switches::CASES,
        circles::CASES,
        natural_keys::CASES,
        associations::CASES,
        computed::CASES,
        deferred::CASES,
        properties::CASES,
        composites::CASES,
        hybrids::CASES,
        mixins::CASES,
        assigned::CASES,
        filled::CASES,
        filled_keys::CASES,
        server::CASES,
        sides::CASES,
        left_out::CASES,
        versions::CASES,
        plan::CASES,
        newcomers::CASES,
        alike::CASES,
        cascades::CASES,
        numbered::CASES,
        owners::CASES,
        collections::CASES,
        composite::CASES,
        relationships::CASES,
        rollback::CASES,
        rules::CASES,
        savepoints::CASES,
        levels::CASES,
        levels::ASYNC,
        join_conditions::CASES,
        joining::CASES,
        joining::ASYNC,
        transactions::CASES,
        replay::CASES,
        replay::ASYNC,
        autoflush::CASES,
        loading::CASES,
        proxies::CASES,
        queries::CASES,
        dialects::CASES,
        dml::CASES,
        bulk::CASES,
        merge::CASES,
        merge_graphs::CASES,
        merge_loaded::CASES,
        evaluated::CASES,
        exact::CASES,
        bad_input::CASES,
        errors::CASES,
        random::CASES,
        random_loading::CASES,
        random_columns::CASES,
        fuzz::CASES,
        streaming::CASES,
        streaming::ASYNC,
        portions::CASES,
        half_read::CASES,
        half_read::ASYNC,
        boundary::CASES,
        cancellation::CASES,
        faults::CASES,
        kills::CASES,
        tenants::CASES,
        ddl_events::CASES,
        reflection::CASES,
        assert_schema::CASES,
        features::CASES,
        assert_schema::conditions::CASES,
    ];
    files.concat()
}
