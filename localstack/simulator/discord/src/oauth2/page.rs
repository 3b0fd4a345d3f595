//! A page on which a person at a browser says who they are and whether they agree.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::consent::{ConsentError, Decision, decide};
use super::request::{AuthorizationRequest, GuildChoice};
use crate::ids::{GuildId, UserId};
use crate::permissions::Permissions;
use crate::platform::Platform;
use crate::world::{User, World};

/// A page that cannot be shown, or an answer that has no effect.
struct Problem(ConsentError);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let text = format!(
            "<h1>This does not work</h1><p>{}</p>",
            escape(&self.0.to_string())
        );
        (StatusCode::BAD_REQUEST, page(&text)).into_response()
    }
}

pub(super) async fn ask(
    State(platform): State<Arc<Platform>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let shown = platform.read(|world| {
        let request = AuthorizationRequest::read(&query, world)?;
        Ok::<_, ConsentError>(question(world, &request, &query))
    });
    match shown {
        Ok(text) => page(&text).into_response(),
        Err(error) => Problem(error).into_response(),
    }
}

/// What a link of the page says; the application's own parameters follow.
#[derive(Deserialize)]
pub(super) struct Answered {
    #[serde(rename = "sim_user")]
    user: Option<UserId>,
    #[serde(rename = "sim_guild")]
    guild: Option<GuildId>,
}

pub(super) async fn answer(
    State(platform): State<Arc<Platform>>,
    Query(answered): Query<Answered>,
    RawQuery(query): RawQuery,
) -> Response {
    let decision = match answered.user {
        Some(user) => Decision::Allow {
            user,
            guild: answered.guild,
        },
        None => Decision::Deny,
    };
    let query = query.unwrap_or_default();
    let decided = platform
        .read(|world| AuthorizationRequest::read(&query, world))
        .map_err(ConsentError::from)
        .and_then(|request| decide(&platform, &request, decision));
    match decided {
        Ok(Some(to)) => Redirect::to(to.as_str()).into_response(),
        Ok(None) => page("<h1>Authorized</h1><p>The bot is in the server now.</p>").into_response(),
        Err(error) => Problem(error).into_response(),
    }
}

fn page(body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <title>Discord simulator</title><body>{body}</body></html>"
    ))
}

fn question(world: &World, request: &AuthorizationRequest, query: &str) -> String {
    let name = world
        .application(request.application)
        .map_or(String::new(), |application| escape(&application.name));
    let mut text = format!("<h1>{name} asks for access</h1><ul>");
    for scope in &request.scopes {
        push(&mut text, format_args!("<li>{}</li>", scope.name()));
    }
    text.push_str("</ul><p>Who are you?</p><ul>");
    for user in world.users().filter(|user| !user.bot) {
        if request.wants_bot() {
            push_guilds(&mut text, world, request, user, query);
        } else {
            let link = format!("?sim_user={}&{query}", user.id);
            let label = format!("Authorize as {}", user.name);
            push_link(&mut text, &link, &label);
        }
    }
    push_link(&mut text, &format!("?{query}"), "Cancel");
    text.push_str("</ul>");
    text
}

/// A link for each guild that this person may add the bot to.
fn push_guilds(
    text: &mut String,
    world: &World,
    request: &AuthorizationRequest,
    user: &User,
    query: &str,
) {
    let managed = world
        .guilds_of(user.id)
        .filter(|guild| {
            guild
                .permissions_of(user.id)
                .contains(Permissions::MANAGE_GUILD)
        })
        .filter(|guild| match request.guild {
            GuildChoice::Free | GuildChoice::Suggested(_) => true,
            GuildChoice::Fixed(fixed) => guild.id == fixed,
        });
    for guild in managed {
        let link = format!("?sim_user={}&sim_guild={}&{query}", user.id, guild.id);
        let label = format!("Authorize as {}, with the bot in {}", user.name, guild.name);
        push_link(text, &link, &label);
    }
}

fn push_link(text: &mut String, link: &str, label: &str) {
    let (link, label) = (escape(link), escape(label));
    push(
        text,
        format_args!("<li><a href=\"/oauth2/authorize/answer{link}\">{label}</a></li>"),
    );
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    text.write_fmt(more).unwrap_or_default();
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
