use patchbay_domain::ids::DiscordChannelId;
use reqwest::StatusCode;

use super::super::answer::BucketHeaders;
use super::*;

const PATIENT: Duration = Duration::from_hours(1);

fn post(channel: u64) -> Route {
    Route::CreateMessage(DiscordChannelId(channel))
}

fn answer(status: StatusCode) -> Answer {
    Answer {
        status,
        bucket: None,
        too_many: None,
    }
}

fn told(bucket: &str, limit: u32, remaining: u32, reset_after: Duration) -> Answer {
    let headers = BucketHeaders {
        bucket: bucket.to_owned(),
        limit,
        remaining,
        reset_after,
    };
    Answer {
        bucket: Some(headers),
        ..answer(StatusCode::OK)
    }
}

fn too_many(after: Duration, scope: LimitScope) -> Answer {
    Answer {
        too_many: Some(TooMany { after, scope }),
        ..answer(StatusCode::TOO_MANY_REQUESTS)
    }
}

/// Discord's side: `limit` requests in each window of five seconds.
struct Server {
    limit: u32,
    used: u32,
    ends: Option<Instant>,
    refused: u32,
}

impl Server {
    const WINDOW: Duration = Duration::from_secs(5);

    fn new(limit: u32) -> Self {
        Self {
            limit,
            used: 0,
            ends: None,
            refused: 0,
        }
    }

    fn answer(&mut self) -> Answer {
        let now = Instant::now();
        if self.ends.is_none_or(|ends| ends <= now) {
            (self.used, self.ends) = (0, Some(now + Self::WINDOW));
        }
        let reset_after = self.ends.unwrap() - now;
        if self.used == self.limit {
            self.refused += 1;
            return too_many(reset_after, LimitScope::Route);
        }
        self.used += 1;
        told("posts", self.limit, self.limit - self.used, reset_after)
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_requests_never_exceed_a_bucket_that_was_unknown() {
    let (limiter, server) = (Limiter::default(), Mutex::new(Server::new(5)));
    let began = Instant::now();
    let one = async || {
        let permit = limiter.turn(post(1), PATIENT).await.unwrap();
        tokio::time::sleep(Duration::from_millis(40)).await;
        let answer = server.lock().unwrap().answer();
        tokio::time::sleep(Duration::from_millis(40)).await;
        permit.answered(&answer);
    };
    futures_util::future::join_all((0..23).map(|_| one())).await;
    assert_eq!(server.lock().unwrap().refused, 0);
    // Twenty-three at five per five seconds need four resets, and hardly more time than that.
    let took = began.elapsed();
    assert!(
        took >= Server::WINDOW * 4 && took < Server::WINDOW * 4 + Duration::from_secs(1),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_window_that_begins_while_a_request_is_on_its_way_counts_anew() {
    let (limiter, mut server) = (Limiter::default(), Server::new(5));
    for wait in [0, 0, 0, 0, 4_860] {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let permit = limiter.turn(post(1), PATIENT).await.unwrap();
        tokio::time::sleep(Duration::from_millis(40)).await;
        permit.answered(&server.answer());
    }
    // The four after it belong to the window that it began.
    let began = Instant::now();
    for _ in 0..4 {
        let permit = limiter.turn(post(1), PATIENT).await.unwrap();
        permit.answered(&server.answer());
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    let refused = limiter.turn(post(1), Duration::ZERO).await.map(drop);
    assert_eq!(refused.unwrap_err().after, Server::WINDOW);
    assert_eq!(server.refused, 0);
}

#[tokio::test(start_paused = true)]
async fn a_429_holds_its_channel_to_the_millisecond_and_no_other() {
    let limiter = Limiter::default();
    limiter
        .turn(post(1), PATIENT)
        .await
        .unwrap()
        .answered(&too_many(Duration::from_millis(1235), LimitScope::Route));
    let began = Instant::now();
    drop(limiter.turn(post(2), Duration::ZERO).await.unwrap());
    let refused = limiter
        .turn(post(1), Duration::from_secs(1))
        .await
        .unwrap_err();
    assert_eq!(refused.after, Duration::from_millis(1235));
    drop(limiter.turn(post(1), PATIENT).await.unwrap());
    assert_eq!(began.elapsed(), Duration::from_millis(1235));
}

#[tokio::test(start_paused = true)]
async fn a_global_429_holds_everything() {
    let limiter = Limiter::default();
    limiter
        .turn(post(1), PATIENT)
        .await
        .unwrap()
        .answered(&too_many(Duration::from_secs(3), LimitScope::Global));
    let refused = limiter
        .turn(Route::CurrentUser, Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(refused.after, Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn fewer_than_fifty_go_out_in_any_second() {
    let limiter = Limiter::default();
    let mut sent = Vec::new();
    for channel in 0..200 {
        drop(limiter.turn(post(channel), PATIENT).await.unwrap());
        sent.push(Instant::now());
    }
    for start in &sent {
        let within =
            |at: &&Instant| **at >= *start && at.duration_since(*start) < Duration::from_secs(1);
        assert!(sent.iter().filter(within).count() < 50);
    }
    assert!(sent[199] - sent[0] < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_limit_shared_by_two_routes_is_counted_once() {
    let limiter = Limiter::default();
    let channel = DiscordChannelId(1);
    let window = Duration::from_secs(5);
    limiter
        .turn(post(1), PATIENT)
        .await
        .unwrap()
        .answered(&told("shared", 2, 1, window));
    limiter
        .turn(Route::Channel(channel), PATIENT)
        .await
        .unwrap()
        .answered(&told("shared", 2, 0, window));
    let refused = limiter.turn(post(1), Duration::ZERO).await.unwrap_err();
    assert_eq!(refused.after, window);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_does_not_hold_up_the_next() {
    let limiter = Limiter::default();
    for _ in 0..3 {
        drop(limiter.turn(post(1), Duration::ZERO).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn many_invalid_requests_stop_everything_until_they_are_old() {
    let limiter = Limiter::default();
    for _ in 0..InvalidRequests::ALLOWED {
        let permit = limiter.turn(post(1), PATIENT).await.unwrap();
        permit.answered(&answer(StatusCode::FORBIDDEN));
    }
    let refused = limiter
        .turn(post(2), Duration::from_mins(1))
        .await
        .unwrap_err();
    assert!(refused.after > Duration::from_mins(1), "{refused:?}");
    drop(limiter.turn(post(2), PATIENT).await.unwrap());
    // A 429 on a shared resource is nobody's fault and isn't counted.
    let shared = too_many(Duration::ZERO, LimitScope::Shared);
    assert!(!shared.is_invalid() && too_many(Duration::ZERO, LimitScope::Route).is_invalid());
}
