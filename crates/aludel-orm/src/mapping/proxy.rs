//! [`Proxy`]: what lies behind the objects of a collection, as if the collection were of those: an association
//! proxy.

use super::Relationship;

/// What lies behind the members of the relationship from `E` to `A`: `P` is a relationship or a column of `A`.
/// Made by [`Relationship::through`].
#[derive(Debug)]
pub struct Proxy<E, A, P> {
    pub(crate) first: Relationship<E, A>,
    pub(crate) then: P,
}

impl<E, A, P: Copy> Clone for Proxy<E, A, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, A, P: Copy> Copy for Proxy<E, A, P> {}

impl<E, A> Relationship<E, A> {
    /// What lies behind the members: an association proxy, for queries and, by [`Proxy::of`], for objects. It can
    /// be a constant.
    ///
    /// ```
    /// # use aludel_orm::{loading::Relationships as _, mapping::{Mapped, Relationship}, object::Obj};
    /// # use aludel_core::expr::Expr;
    /// # struct UserEntity<U, L> { user_keywords: Relationship<U, L> }
    /// # struct LinkEntity<L, K> { keyword: Relationship<L, K> }
    /// # fn example<U: Mapped, L: Mapped, K: Mapped>(
    /// #     User: UserEntity<U, L>, UserKeyword: LinkEntity<L, K>, rust: &Obj<K>,
    /// # ) -> Expr<bool> {
    /// // impl User { pub const KEYWORDS: … = User.user_keywords.through(UserKeyword.keyword); }
    /// let keywords = User.user_keywords.through(UserKeyword.keyword);
    /// keywords.contains(rust)
    /// # }
    /// ```
    #[must_use]
    pub const fn through<P: Copy>(self, then: P) -> Proxy<E, A, P> {
        Proxy { first: self, then }
    }
}
