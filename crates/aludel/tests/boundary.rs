//! The boundary to tasks and threads: what can be sent, and what can't.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

#[path = "support/proofs.rs"]
mod proofs;

use aludel::{Error, ObjMut, ObjRef, blocking, blocking::block_on, prelude::*};
use futures_util::StreamExt;
use proofs::*;

// Every future of a session can be spawned; engines and objects are shared; guards stay where they
// were taken.
#[test]
fn what_can_be_sent() {
    fn send<T: Send>(it: T) -> T {
        it
    }
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Engine>();
    shared::<blocking::Engine>();
    shared::<Obj<Hub>>();
    shared::<Obj<Node>>();
    send::<fn(Session)>(drop);
    send(Session::new(&Engine::new("sqlite::memory:").unwrap()));

    // Compiles only where the guards are not `Send`: one implementation applies then, else two.
    trait NotSend<A> {
        fn check() {}
    }
    struct IfSend;
    impl<T: ?Sized> NotSend<()> for T {}
    impl<T: ?Sized + Send> NotSend<IfSend> for T {}
    <ObjRef<'static, Hub> as NotSend<_>>::check();
    <ObjMut<'static, Hub> as NotSend<_>>::check();

    block_on(async {
        let engine = Engine::new("sqlite::memory:").unwrap();
        send(Base::metadata().create_all(&engine)).await.unwrap();
        let mut session = Session::new(&engine);
        let hub = session.add(tree(7, 2));
        let leaf = hub.leaves().iter().unwrap().next().unwrap();
        send(session.flush()).await.unwrap();
        send(session.commit()).await.unwrap();
        send(session.get(Hub, 1)).await.unwrap();
        send(session.get_one(Hub, 1)).await.unwrap();
        send(session.refresh(&hub)).await.unwrap();
        send(session.fresh(&hub)).await.unwrap();
        send(hub.leaves().load(&mut session)).await.unwrap();
        send(hub.leaves().load_one(&mut session)).await.unwrap();
        send(leaf.hub().load(&mut session)).await.unwrap();
        send(leaf.hub().load_one(&mut session)).await.unwrap();
        let both = select((Hub, Leaf)).join(Hub.leaves);
        send(session.execute(&both).all()).await.unwrap();
        send(session.execute(&both).first()).await.unwrap();
        send(session.execute(&both).one()).await.unwrap_err();
        send(session.execute(&both).one_or_none()).await.unwrap_err();
        send(session.scalar(select(Hub.id))).await.unwrap();
        send(session.execute(text("UPDATE hub SET name = 'x'"))).await.unwrap();
        send(session.execute(update(Hub).set(Hub.name, "x"))).await.unwrap();
        let mut stream = send(session.stream_scalars(&select(Hub))).await.unwrap();
        send(stream.next()).await.unwrap().unwrap();
        drop(send(stream));
        send(session.delete(&hub)).await.unwrap();
        send(session.rollback()).await.unwrap();
        send(session.close()).await.unwrap();
        let work = async {
            transaction!(engine, |session| {
                session.add(proofs::hub(7));
                Ok::<_, Error>(())
            })
        };
        send(work).await.unwrap();
    });
}
