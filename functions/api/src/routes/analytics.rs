//! Figures.

mod time;
mod view;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use patchbay_app::accounts;
use patchbay_app::analytics::{self, Of};
use patchbay_domain::figures::{Hour, Tally};
use patchbay_domain::ids::DiscordGuildId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accounts::AccountView;
use crate::access::Caller;
use crate::api::Api;
use crate::body::Parameters;
use crate::moment::Moment;
use crate::problem::{FieldError, Problem};
use time::{Interval, Period};
use view::{BucketView, FiguresView, SeriesView, SummaryView};

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(summary))
        .routes(routes!(series))
        .routes(routes!(sessions))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// The beginning, rounded down to a whole hour or day of UTC. If it isn't given, 24 hours
    /// before the end, or 30 days with `interval=day`.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// The end, rounded up to a whole hour or day; at most the present one, which it is if it isn't
    /// given.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
    /// This pair alone. A deleted one counts too.
    #[param(value_type = Option<String>, pattern = "^pair_[0-9a-f]{32}$")]
    pair: Option<String>,
    /// Those pairs alone whose source or destination is this Telegram account; not beside `pair`.
    #[param(value_type = Option<String>, pattern = "^acc_[0-9a-f]{32}$")]
    account: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeriesAsked {
    interval: Option<Interval>,
    from: Option<String>,
    to: Option<String>,
    pair: Option<String>,
    account: Option<String>,
}

impl Asked {
    fn of(&self) -> Result<Of, Problem> {
        let wrong = |name, detail| Problem::invalid_query(FieldError::of_parameter(name, detail));
        match (&self.pair, &self.account) {
            (None, None) => Ok(Of::Everything),
            (Some(pair), None) => match pair.parse() {
                Ok(pair) => Ok(Of::Pair(pair)),
                Err(_) => Err(wrong("pair", "is not the id of a pair")),
            },
            (None, Some(account)) => match account.parse() {
                Ok(account) => Ok(Of::Account(account)),
                Err(_) => Err(wrong("account", "is not the id of a Telegram account")),
            },
            (Some(_), Some(_)) => Err(wrong("account", "has no place beside `pair`")),
        }
    }

    fn period(&self, interval: Interval, longest_days: i64, api: &Api) -> Result<Period, Problem> {
        let (from, to) = (self.from.as_deref(), self.to.as_deref());
        Period::of(interval, from, to, longest_days, api.ports().clock.now())
    }
}

/// Sum up what became of messages
///
/// Every change of a message that a pair matched counts once for the pair, at the time of its
/// outcome; reactions don't count. The figures are counted from the deliveries that
/// `GET /v1/pairs/{id}/messages` shows, deleted pairs included. A retry moves a message from the
/// time at which it failed to that of its new outcome. At most 400 days.
#[utoipa::path(
    get, path = "/v1/analytics/summary", tag = "analytics", operation_id = "analytics_summary",
    params(Asked),
    responses(
        (status = 200, body = SummaryView),
        (status = 404, description = "There is no such pair or account, or it is somebody else's"),
    )
)]
pub(crate) async fn summary(
    State(api): State<Api>,
    caller: Caller,
    Parameters(asked): Parameters<Asked>,
) -> Result<Json<SummaryView>, Problem> {
    let of = asked.of()?;
    let period = asked.period(Interval::Hour, time::LONGEST_DAYS, &api)?;
    let tallies = by_hour(&api, &caller, of, &period).await?;
    Ok(Json(SummaryView {
        from: Moment(period.hours.start.start()),
        to: Moment(period.hours.end.start()),
        figures: FiguresView::of(&analytics::sum(tallies.values())),
    }))
}

/// Show what became of messages by the hour or by the day
///
/// The figures of the summary, in buckets; those without messages are there with zeros.
#[utoipa::path(
    get, path = "/v1/analytics/series", tag = "analytics", operation_id = "analytics_series",
    params(
        ("interval" = inline(Interval), Query, description = "How long each bucket is. With `hour` the series has at most 31 days, with `day` 400."),
        Asked,
    ),
    responses(
        (status = 200, body = SeriesView),
        (status = 404, description = "There is no such pair or account, or it is somebody else's"),
    )
)]
pub(crate) async fn series(
    State(api): State<Api>,
    caller: Caller,
    Parameters(asked): Parameters<SeriesAsked>,
) -> Result<Json<SeriesView>, Problem> {
    let SeriesAsked {
        interval,
        from,
        to,
        pair,
        account,
    } = asked;
    let Some(interval) = interval else {
        let detail = "is missing: `hour` or `day`";
        let error = FieldError::of_parameter("interval", detail);
        return Err(Problem::invalid_query(error));
    };
    let asked = Asked {
        from,
        to,
        pair,
        account,
    };
    let of = asked.of()?;
    let period = asked.period(interval, interval.longest_days(), &api)?;
    let tallies = by_hour(&api, &caller, of, &period).await?;
    let buckets = period.buckets().map(|hours| BucketView {
        at: Moment(hours.start.start()),
        figures: FiguresView::of(&analytics::sum(
            tallies.range(hours).map(|(_, tally)| tally),
        )),
    });
    Ok(Json(SeriesView {
        interval,
        from: Moment(period.hours.start.start()),
        to: Moment(period.hours.end.start()),
        buckets: buckets.collect(),
    }))
}

async fn by_hour(
    api: &Api,
    caller: &Caller,
    of: Of,
    period: &Period,
) -> Result<BTreeMap<Hour, Tally>, Problem> {
    let hours = period.hours.clone();
    Ok(analytics::by_hour(api.ports(), &caller.user, of, hours).await?)
}

#[derive(Serialize, ToSchema)]
#[schema(as = Connections)]
pub(crate) struct SessionsView {
    /// The Telegram accounts, each with its state and since when it is so.
    telegram: Vec<AccountView>,
    discord: Vec<ServerSessionView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServerConnection)]
pub(crate) struct ServerSessionView {
    #[schema(value_type = String, example = "613425648685547541")]
    guild: DiscordGuildId,
    /// Null while the bot is not there.
    name: Option<String>,
    bot_present: bool,
    #[schema(value_type = String, format = DateTime)]
    linked_at: Moment,
}

/// List what is connected
#[utoipa::path(
    get, path = "/v1/analytics/sessions", tag = "analytics", operation_id = "list_connections",
    responses((status = 200, body = SessionsView))
)]
pub(crate) async fn sessions(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Json<SessionsView>, Problem> {
    let ports = api.ports();
    // A plan allows only so many.
    let all = usize::MAX;
    let accounts = accounts::list(ports, &caller.user, None, None, all).await?;
    let mut discord = Vec::new();
    for link in ports.guild_links.of_user(caller.user.id).await? {
        let guild = ports.chats.guild(link.guild).await?;
        discord.push(ServerSessionView {
            guild: link.guild,
            bot_present: guild.is_some(),
            name: guild.map(|guild| guild.name),
            linked_at: Moment(link.linked_at),
        });
    }
    Ok(Json(SessionsView {
        telegram: accounts.items.into_iter().map(AccountView::from).collect(),
        discord,
    }))
}
