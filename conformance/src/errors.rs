//! Errors under the original's names.

use aludel::{Error, Kind};

/// The name of the original's class. Where one error of ours is several of the original's, what was asked
/// for decides.
pub fn name(op: &str, error: &Error) -> &'static str {
    match error {
        Error::Integrity(_) => "IntegrityError",
        Error::NotMember(_) => "ValueError",
        // Reading an attribute of it is another matter than a call with it.
        Error::Detached(_) if !matches!(op, "refresh" | "expire" | "expunge" | "delete") => {
            "DetachedInstanceError"
        }
        Error::ObjectDeleted(_) if op != "refresh" => "ObjectDeletedError",
        Error::StaleData(_) => "StaleDataError",
        Error::CircularDependency(_) => "CircularDependencyError",
        Error::NoResultFound(_) => "NoResultFound",
        Error::MultipleResultsFound => "MultipleResultsFound",
        Error::ResourceClosed(_) => "ResourceClosedError",
        Error::PendingRollback(_) => "PendingRollbackError",
        Error::Engine(_) => match error.kind() {
            Some(Kind::Integrity(_)) => "IntegrityError",
            _ => "OperationalError",
        },
        Error::Detached(_)
        | Error::ObjectDeleted(_)
        | Error::RaiseLoad(_)
        | Error::OtherSession(_)
        | Error::Deleted(_)
        | Error::IdentityConflict(_)
        | Error::NotPersistent(_)
        | Error::InvalidRequest(_) => "InvalidRequestError",
        Error::NotLoaded(_) => "NotLoaded",
        Error::Borrowed(_) => "Borrowed",
        _ => "Error",
    }
}
