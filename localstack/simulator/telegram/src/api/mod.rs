//! The methods of the API: what a client may ask, and what it is answered.
//!
//! One table routes a request to the function that answers it; each file holds the functions
//! of one subject.

#![expect(
    clippy::needless_pass_by_value,
    reason = "each function owns the request that was read for it"
)]

mod account;
mod auth;
mod changes;
mod channels;
mod chats;
mod config;
mod dialogs;
mod files;
mod forwarding;
mod history;
mod input;
mod leniently;
mod media;
mod people;
mod reactions;
mod sending;
mod topics;
mod updates;

pub(crate) use auth::normalised_phone;
pub(crate) use media::{Thrown, check_poll, thrown};

use grammers_tl_types::{
    Blob, Cursor, Deserializable, Identifiable, RemoteCall, Serializable, enums, functions, types,
};

use crate::clock::now_ms;
use crate::live::SessionRef;
use crate::present::{self, Cast};
use crate::state::{
    AUTH_KEY_UNREGISTERED, Actor, Applied, Command, Dc, Device, Refusal, State, User, UserId,
};
use crate::world::World;

/// One request of one session.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) session: SessionRef,
    /// Where it is asked.
    pub(crate) dc: Dc,
    /// Unix milliseconds.
    pub(crate) at: i64,
}

/// A request without the wrappers that clients put around it.
#[derive(Debug)]
pub(crate) struct Unwrapped {
    pub(crate) method: u32,
    pub(crate) name: &'static str,
    /// Where the method's arguments start.
    pub(crate) arguments: usize,
    pub(crate) device: Option<Device>,
    pub(crate) updates: WantsUpdates,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WantsUpdates {
    Yes,
    No,
}

/// Stands for the query inside a wrapper, which is read later.
struct Inner;

impl Deserializable for Inner {
    fn deserialize(_: &mut Cursor<'_>) -> grammers_tl_types::deserialize::Result<Self> {
        Ok(Self)
    }
}

pub(crate) fn unwrap(body: &[u8]) -> Result<Unwrapped, Refusal> {
    let unreadable = Refusal::bad("INPUT_METHOD_INVALID");
    let cursor = &mut Cursor::from_slice(body);
    let (mut device, mut updates) = (None, WantsUpdates::Yes);
    let method = loop {
        let id = u32::deserialize(cursor).map_err(|_short| unreadable.clone())?;
        let skipped = match id {
            functions::InvokeWithLayer::<Blob>::CONSTRUCTOR_ID => {
                i32::deserialize(cursor).map(|_layer| ())
            }
            functions::InvokeAfterMsg::<Blob>::CONSTRUCTOR_ID
            | functions::InvokeWithTakeout::<Blob>::CONSTRUCTOR_ID => {
                i64::deserialize(cursor).map(|_id| ())
            }
            functions::InvokeWithoutUpdates::<Blob>::CONSTRUCTOR_ID => {
                updates = WantsUpdates::No;
                Ok(())
            }
            functions::InitConnection::<Blob>::CONSTRUCTOR_ID => {
                functions::InitConnection::<Inner>::deserialize(cursor).map(|init| {
                    device = Some(Device {
                        api_id: init.api_id,
                        model: init.device_model,
                        system_version: init.system_version,
                        app_version: init.app_version,
                    });
                })
            }
            method => break method,
        };
        skipped.map_err(|_unreadable| unreadable.clone())?;
    };
    let name = grammers_tl_types::name_for_id(method);
    Ok(Unwrapped {
        method,
        name,
        arguments: cursor.pos(),
        device,
        updates,
    })
}

impl Call<'_> {
    pub(crate) fn me(&self) -> Result<UserId, Refusal> {
        self.world
            .user_of(self.session.key)
            .ok_or(AUTH_KEY_UNREGISTERED)
    }

    /// The data centre where the caller is at home, if that is another one. Files are had from
    /// everywhere, and an authorization is carried over by a caller who isn't known yet.
    pub(crate) fn elsewhere(&self, method: &str) -> Option<Dc> {
        let home = self.my_self().ok()?.dc;
        let is_everywhere = method.starts_with("upload.") || method.starts_with("help.");
        (home != self.dc && !is_everywhere).then_some(home)
    }

    fn my_self(&self) -> Result<&User, Refusal> {
        self.state().user(self.me()?)
    }

    fn actor(&self) -> Result<Actor, Refusal> {
        self.me().map(Actor::User)
    }

    fn state(&self) -> &State {
        &self.world.state
    }

    fn cast(&self) -> Result<Cast<'_>, Refusal> {
        Ok(Cast::new(self.state(), self.me()?))
    }

    fn apply(&mut self, command: Command) -> Result<Applied, Refusal> {
        self.world.apply(command, Some(self.session))
    }

    /// Applies a command and answers with the updates that it caused.
    fn apply_and_show(&mut self, command: Command) -> Result<enums::Updates, Refusal> {
        let me = self.me()?;
        let applied = self.apply(command)?;
        Ok(present::answered(self.state(), me, &applied, self.at))
    }
}

fn run<R>(
    call: &mut Call<'_>,
    arguments: &[u8],
    answer: impl FnOnce(&mut Call<'_>, R) -> Result<R::Return, Refusal>,
) -> Result<Vec<u8>, Refusal>
where
    R: Deserializable + RemoteCall,
    R::Return: Serializable,
{
    let request = leniently::read(arguments).ok_or(Refusal::bad("INPUT_FETCH_ERROR"))?;
    answer(call, request).map(|answer| answer.to_bytes())
}

macro_rules! routes {
    ($call:ident, $method:ident, $arguments:ident;
     $($space:ident :: $request:ident => $answer:expr,)*) => {
        match $method {
            $(functions::$space::$request::CONSTRUCTOR_ID => {
                Some(run::<functions::$space::$request>($call, $arguments, $answer))
            })*
            _ => None,
        }
    };
}

/// Answers a request, or `None` to a method that the simulator doesn't know.
pub(crate) fn answer(
    call: &mut Call<'_>,
    method: u32,
    arguments: &[u8],
) -> Option<Result<Vec<u8>, Refusal>> {
    routes! { call, method, arguments;
        account::GetAuthorizations => |call, _| account::authorizations(call),
        account::GetNotifySettings => |call, _| {
            call.me().map(|_| present::template::notify_settings())
        },
        account::GetPassword => |call, _| account::password(call),
        account::ResetAuthorization => account::reset_authorization,
        account::UpdateStatus => |call, _| call.me().map(|_| true),
        auth::AcceptLoginToken => auth::accept_login_token,
        auth::CancelCode => auth::cancel_code,
        auth::CheckPassword => auth::check_password,
        auth::ExportAuthorization => auth::export_authorization,
        auth::ExportLoginToken => |call, _| auth::export_login_token(call),
        auth::ImportAuthorization => auth::import_authorization,
        auth::ImportLoginToken => auth::import_login_token,
        auth::LogOut => |call, _| auth::log_out(call),
        auth::ResendCode => auth::resend_code,
        auth::ResetAuthorizations => |call, _| auth::reset_authorizations(call),
        auth::SendCode => auth::send_code,
        auth::SignIn => auth::sign_in,
        channels::CreateChannel => channels::create,
        channels::DeleteMessages => changes::delete_in_channel,
        channels::EditAdmin => channels::edit_admin,
        channels::EditBanned => channels::edit_banned,
        channels::EditTitle => channels::edit_title,
        channels::GetChannels => channels::channels,
        channels::GetFullChannel => channels::full,
        channels::GetMessages => history::channel_messages,
        channels::GetParticipant => channels::participant,
        channels::GetParticipants => channels::participants,
        channels::InviteToChannel => channels::invite,
        channels::JoinChannel => channels::join,
        channels::LeaveChannel => channels::leave,
        channels::ReadHistory => dialogs::read_channel,
        channels::ToggleForum => channels::toggle_forum,
        channels::ToggleSlowMode => channels::toggle_slow_mode,
        contacts::GetContacts => |call, _| people::contacts(call),
        contacts::ResolvePhone => people::resolve_phone,
        contacts::ResolveUsername => people::resolve_username,
        help::GetAppConfig => |_, _| Ok(config::app_config()),
        help::GetCdnConfig => |_, _| Ok(types::CdnConfig { public_keys: Vec::new() }.into()),
        help::GetConfig => |call, _| Ok(config::config(call)),
        help::GetNearestDc => |call, _| Ok(config::nearest_dc(call)),
        help::GetPromoData => |call, _| Ok(config::promo_data(call)),
        help::GetTermsOfServiceUpdate => |call, _| Ok(config::terms_of_service(call)),
        messages::AddChatUser => chats::add_user,
        messages::CreateChat => chats::create,
        messages::CreateForumTopic => topics::create,
        messages::DeleteChatUser => chats::delete_user,
        messages::DeleteMessages => changes::delete,
        messages::DeleteTopicHistory => topics::delete,
        messages::EditChatTitle => chats::edit_title,
        messages::EditForumTopic => topics::edit,
        messages::EditMessage => changes::edit,
        messages::ForwardMessages => forwarding::forward,
        messages::GetAllDrafts => |call, _| dialogs::drafts(call),
        messages::GetChats => chats::chats,
        messages::GetDialogFilters => |call, _| dialogs::filters(call),
        messages::GetDialogs => dialogs::dialogs,
        messages::GetForumTopics => topics::topics,
        messages::GetForumTopicsById => topics::topics_by_id,
        messages::GetFullChat => chats::full,
        messages::GetHistory => history::history,
        messages::GetMessages => history::messages,
        messages::GetPeerDialogs => dialogs::peer_dialogs,
        messages::GetPeerSettings => people::peer_settings,
        messages::GetPinnedDialogs => |call, _| dialogs::pinned(call),
        messages::GetReplies => history::replies,
        messages::ReadHistory => dialogs::read,
        messages::ReadMentions => dialogs::read_mentions,
        messages::Search => history::search,
        messages::SendMedia => sending::send_media,
        messages::SendMultiMedia => sending::send_multi_media,
        messages::SendReaction => reactions::send,
        messages::GetMessagesReactions => reactions::of_messages,
        messages::MigrateChat => chats::migrate,
        messages::DeleteChat => chats::delete,
        channels::DeleteChannel => channels::delete,
        messages::SendMessage => sending::send_message,
        messages::SetTyping => |call, _| call.me().map(|_| true),
        messages::UploadMedia => media::upload,
        upload::GetFile => files::file,
        upload::SaveBigFilePart => files::save_big_part,
        upload::SaveFilePart => files::save_part,
        updates::GetChannelDifference => updates::channel_difference,
        updates::GetDifference => updates::difference,
        updates::GetState => |call, _| updates::state(call),
        users::GetFullUser => people::full_user,
        users::GetUsers => people::users,
    }
}

/// A fresh call, at this moment.
pub(crate) fn call(world: &mut World, session: SessionRef) -> Call<'_> {
    let key = world.state.key(session.key);
    let dc = key.map(|key| key.dc).unwrap_or_default();
    Call {
        world,
        session,
        dc,
        at: now_ms(),
    }
}
