//! TX-19: a session that is rolled back while it commits.

use aludel::prelude::*;

async fn save(mut session: Session) -> aludel::Result<()> {
    let commit = session.commit();
    session.rollback().await?;
    commit.await
}

fn main() {}
