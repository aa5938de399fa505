//! Money and times: exact on the way in and out.

use aludel::prelude::*;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{Case, Place, cases, models::*};

pub(super) const CASES: &[Case] = cases!["exact":
    exact_numbers_and_times,
];

fn exact_numbers_and_times(at: &Place) {
    let mut store = at.store();
    let cents = [10, 20, 70, 999_999];
    let at = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_hms_micro_opt(23, 59, 58, 123_456);
    for cents in cents {
        let article = Priced::builder().title("ü\u{1F600}'\"").price(Decimal::new(cents, 2));
        store.add(article.made_at(at));
    }
    store.save();
    store.renew();
    let sum = store.scalar(select(func::sum(Priced.price))).unwrap().flatten();
    assert_eq!(sum, Some(Decimal::new(1_000_099, 2)));
    let article = store.get_one(Priced, 1).unwrap();
    assert_eq!(article.borrow().price, Decimal::new(10, 2));
    assert_eq!((article.borrow().made_at, article.borrow().title.as_str()), (at, "ü\u{1F600}'\""));
    let dear = store
        .scalars(
            select(Priced.id)
                .filter(Priced.price.gt(Decimal::new(20, 2)))
                .order_by(Priced.price.desc()),
        )
        .all()
        .unwrap();
    assert_eq!(dear, [4, 3]);
    let same = select(Priced).filter(Priced.made_at.eq(at.unwrap()));
    assert_eq!(store.scalars(same).all().unwrap().len(), 4);
    article.borrow_mut().price = Decimal::new(100, 3);
    store.sent();
    store.commit().unwrap();
    assert!(!store.sent().contains("UPDATE"), "0.10 is 0.100");
    let total = select(func::sum(Priced.price * Decimal::new(2, 0)));
    let total = store.scalar(total).unwrap().flatten();
    assert_eq!(total, Some(Decimal::new(2_000_198, 2)));
}
