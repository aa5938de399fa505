//! The entities of the scenarios: keys, columns and relationships, for the macros that need them all.

/// Hands the entities' list to a macro.
macro_rules! with_entities {
    ($($then:tt)+) => {
        $($then)+! {
            User [id] {
                id name age;
                many addresses: Address;
                many orders: Order;
                one profile: Profile;
            }
            Address [id] {
                id email user_id;
                one user: User;
            }
            Profile [id] {
                id bio user_id;
                one user: User;
            }
            Order [id] {
                id title status touched user_id;
                many items: Item;
                one user: User;
            }
            Item [id] {
                id sku;
                many orders: Order;
                many keywords: Keyword;
            }
            OrderItem [order_id item_id] {
                order_id item_id;
            }
            Keyword [id] {
                id word;
                many items: Item;
            }
            ItemKeyword [item_id keyword_id] {
                item_id keyword_id;
            }
            Node [id] {
                id name parent_id;
                many children: Node;
                one parent: Node;
            }
            Document [id] {
                id title body status version_id;
            }
            Region [country code] {
                country code label;
                many sites: Site;
            }
            Site [id] {
                id name country code;
                one region: Region;
            }
        }
    };
}

pub(crate) use with_entities;
