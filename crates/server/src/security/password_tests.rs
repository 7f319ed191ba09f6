#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::security::secret::SeededEntropy;

const CHEAP: Params = Params { memory_kib: 64, iterations: 1 };

fn hasher(params: Params, workers: usize, queue: usize) -> PasswordHasher {
    let capacity = Capacity { workers, queue, idle: Duration::from_millis(20) };
    PasswordHasher::new(params, capacity, Arc::new(SeededEntropy::new(1))).unwrap()
}

#[tokio::test]
async fn the_right_password_verifies_and_no_other() {
    let hasher = hasher(CHEAP, 2, 10);
    let stored = hasher.hash("correct horse".into()).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
    assert_ne!(stored, hasher.hash("correct horse".into()).await.unwrap(), "the salt is new each time");
    assert!(hasher.verify("correct horse".into(), Some(stored.clone())).await.unwrap());
    assert!(!hasher.verify("Correct horse".into(), Some(stored.clone())).await.unwrap());
    assert!(!hasher.verify("".into(), Some(stored)).await.unwrap());
    assert!(!hasher.verify("correct horse".into(), None).await.unwrap());
    assert!(!hasher.verify("correct horse".into(), Some("broken".to_owned())).await.unwrap());
}

#[tokio::test]
async fn hashes_of_others_verify_and_ask_to_be_renewed() {
    // Made with the reference implementation: `printf password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32 -e` gives
    // this well-known vector of its test suite.
    let foreign = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hasher = hasher(CHEAP, 1, 10);
    assert!(hasher.verify("password".into(), Some(foreign.to_owned())).await.unwrap());
    assert_eq!(hasher.arenas(), 0, "the large arena is given back at once");
    assert!(hasher.needs_rehash(foreign) && hasher.needs_rehash("broken"));
    assert!(!hasher.needs_rehash(&hasher.hash("password".into()).await.unwrap()));
}

#[tokio::test]
async fn an_overlong_password_is_refused_or_wrong() {
    let hasher = hasher(CHEAP, 1, 10);
    let long = Secret::new("x".repeat(MAX_PASSWORD_BYTES + 1));
    assert_eq!(hasher.hash(long.clone()).await, Err(PasswordError::TooLong));
    assert!(!hasher.verify(long, None).await.unwrap());
    assert!(hasher.hash(Secret::new("x".repeat(MAX_PASSWORD_BYTES))).await.is_ok());
}

#[test]
fn costs_that_could_not_be_verified_are_refused() {
    for params in [
        Params { memory_kib: 7, iterations: 1 },
        Params { memory_kib: 64, iterations: 0 },
        Params { memory_kib: 1 << 20, iterations: 2 },
    ] {
        let capacity = Capacity { workers: 1, queue: 1, idle: Duration::ZERO };
        assert!(PasswordHasher::new(params, capacity, Arc::new(SeededEntropy::new(1))).is_err());
    }
}

/// A job nobody has taken yet, put in line by hand so that no timing decides.
fn waiting_job() -> (Job, oneshot::Receiver<Option<Vec<u8>>>) {
    let (answer, answered) = oneshot::channel();
    let costs = Costs { memory_kib: 64, iterations: 1, lanes: 1 };
    (Job { password: "x".into(), costs, salt: vec![0; 16], length: 32, answer }, answered)
}

#[test]
fn a_full_line_answers_busy_and_forgets_who_hung_up() {
    let line = Line::default();
    line.last_cost_us.store(3_000_000, Ordering::Relaxed);
    let capacity = Capacity { workers: 2, queue: 2, idle: Duration::ZERO };
    let (first, first_answer) = waiting_job();
    let (second, _second_answer) = waiting_job();
    line.join(first, &capacity).unwrap();
    line.join(second, &capacity).unwrap();
    let (third, _third_answer) = waiting_job();
    assert_eq!(line.join(third, &capacity), Err(PasswordError::Busy { retry_after_s: 3 }));
    drop(first_answer);
    let (fourth, _fourth_answer) = waiting_job();
    assert_eq!(line.join(fourth, &capacity), Ok(()));
    assert_eq!(line.lock().jobs.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arenas_never_outnumber_the_workers_and_go_back_when_idle() {
    let hasher = Arc::new(hasher(Params { memory_kib: 512, iterations: 1 }, 2, 100));
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let hasher = Arc::clone(&hasher);
            tokio::spawn(async move {
                assert!(!hasher.verify("guess".into(), None).await.unwrap());
                assert!(hasher.arenas() <= 2);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(hasher.waiting(), 0);
    let deadline = Instant::now() + Duration::from_secs(20);
    while hasher.arenas() > 0 {
        assert!(Instant::now() < deadline, "idle arenas were kept");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stopped_service_answers_instead_of_hanging() {
    let hasher = hasher(CHEAP, 1, 10);
    let line = Arc::clone(&hasher.line);
    drop(hasher);
    let (job, answered) = waiting_job();
    assert!(line.lock().closed);
    drop(job);
    assert!(answered.await.is_err());
}
