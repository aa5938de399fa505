//! Payments, and the tables for those of single months that inherit from theirs.

use aludel::prelude::*;
use chrono::NaiveDateTime;
use rust_decimal::Decimal;

use super::{
    business::{Rental, Staff},
    models::{Customer, Sakila},
};

/// A query for these gives the rows of all months, too.
#[derive(Mapped)]
#[table(
    "payment",
    base = Sakila,
    index(customer_id, name = "idx_fk_customer_id"),
    index(staff_id, name = "idx_fk_staff_id")
)]
pub struct Payment {
    #[column(primary_key)]
    pub payment_id: Auto<i32>,
    #[column(foreign_key = Customer.customer_id, on_delete = restrict, on_update = cascade)]
    pub customer_id: Auto<i32>,
    #[column(foreign_key = Staff.staff_id, on_delete = restrict, on_update = cascade)]
    pub staff_id: Auto<i32>,
    #[column(foreign_key = Rental.rental_id, on_delete = set_null, on_update = cascade)]
    pub rental_id: Auto<i32>,
    #[column(numeric(5, 2))]
    pub amount: Decimal,
    pub payment_date: NaiveDateTime,
    #[relationship(back_populates = payments)]
    pub rental: One<Rental>,
}

/// What the tables of single months have in common: other foreign keys than the table that they inherit
/// from.
#[derive(Mixin)]
pub struct PaymentOfAMonth {
    #[column(primary_key, sequence = "payment_payment_id_seq")]
    pub payment_id: Auto<i32>,
    #[column(foreign_key = Customer.customer_id)]
    pub customer_id: i32,
    #[column(foreign_key = Staff.staff_id)]
    pub staff_id: i32,
    #[column(foreign_key = Rental.rental_id)]
    pub rental_id: i32,
    #[column(numeric(5, 2))]
    pub amount: Decimal,
    pub payment_date: NaiveDateTime,
}

macro_rules! months {
    ($($name:ident $table:tt $check:tt $by_customer:tt $by_staff:tt;)*) => {$(
        #[derive(Mapped)]
        #[table(
            $table,
            base = Sakila,
            check($check),
            index(customer_id, name = $by_customer),
            index(staff_id, name = $by_staff)
        )]
        pub struct $name {
            #[mixin]
            pub payment: PaymentOfAMonth,
        }
    )*};
}

months! {
    January "payment_p2007_01" "payment_date >= '2007-01-01' AND payment_date < '2007-02-01'"
        "idx_fk_payment_p2007_01_customer_id" "idx_fk_payment_p2007_01_staff_id";
    February "payment_p2007_02" "payment_date >= '2007-02-01' AND payment_date < '2007-03-01'"
        "idx_fk_payment_p2007_02_customer_id" "idx_fk_payment_p2007_02_staff_id";
    March "payment_p2007_03" "payment_date >= '2007-03-01' AND payment_date < '2007-04-01'"
        "idx_fk_payment_p2007_03_customer_id" "idx_fk_payment_p2007_03_staff_id";
    April "payment_p2007_04" "payment_date >= '2007-04-01' AND payment_date < '2007-05-01'"
        "idx_fk_payment_p2007_04_customer_id" "idx_fk_payment_p2007_04_staff_id";
    May "payment_p2007_05" "payment_date >= '2007-05-01' AND payment_date < '2007-06-01'"
        "idx_fk_payment_p2007_05_customer_id" "idx_fk_payment_p2007_05_staff_id";
    June "payment_p2007_06" "payment_date >= '2007-06-01' AND payment_date < '2007-07-01'"
        "idx_fk_payment_p2007_06_customer_id" "idx_fk_payment_p2007_06_staff_id";
}
