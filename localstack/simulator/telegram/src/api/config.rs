//! What a client asks the platform about itself.

use grammers_tl_types::{enums, types};

use super::Call;
use crate::clock::wire_seconds;
use crate::state::Dc;

const DATA_CENTRES: std::ops::RangeInclusive<i32> = 1..=5;

pub(super) fn config(call: &Call<'_>) -> enums::Config {
    let now = wire_seconds(call.at / 1000);
    let dc_options = DATA_CENTRES.map(|id| {
        let address = call.world.addresses.of(Dc::numbered(id));
        types::DcOption {
            ipv6: address.is_ipv6(),
            media_only: false,
            tcpo_only: false,
            cdn: false,
            r#static: true,
            this_port_only: true,
            id,
            ip_address: address.ip().to_string(),
            port: i32::from(address.port()),
            secret: None,
        }
        .into()
    });
    types::Config {
        default_p2p_contacts: false,
        preload_featured_stickers: false,
        revoke_pm_inbox: true,
        blocked_mode: false,
        force_try_ipv6: false,
        date: now,
        expires: now + 3600,
        test_mode: false,
        this_dc: call.dc.number(),
        dc_options: dc_options.collect(),
        dc_txt_domain_name: String::new(),
        chat_size_max: 200,
        megagroup_size_max: 200_000,
        forwarded_count_max: 100,
        online_update_period_ms: 210_000,
        offline_blur_timeout_ms: 5000,
        offline_idle_timeout_ms: 30_000,
        online_cloud_timeout_ms: 300_000,
        notify_cloud_delay_ms: 30_000,
        notify_default_delay_ms: 1500,
        push_chat_period_ms: 60_000,
        push_chat_limit: 2,
        edit_time_limit: 172_800,
        revoke_time_limit: i32::MAX,
        revoke_pm_time_limit: i32::MAX,
        rating_e_decay: 2_419_200,
        stickers_recent_limit: 200,
        channels_read_media_period: 604_800,
        tmp_sessions: None,
        call_receive_timeout_ms: 20_000,
        call_ring_timeout_ms: 90_000,
        call_connect_timeout_ms: 30_000,
        call_packet_timeout_ms: 10_000,
        me_url_prefix: "https://t.me/".to_owned(),
        autoupdate_url_prefix: None,
        gif_search_username: None,
        venue_search_username: None,
        img_search_username: None,
        static_maps_provider: None,
        caption_length_max: 1024,
        message_length_max: 4096,
        webfile_dc_id: Dc::Home.number(),
        suggested_lang_code: None,
        lang_pack_version: None,
        base_lang_pack_version: None,
        reactions_default: None,
        autologin_token: None,
    }
    .into()
}

pub(super) fn nearest_dc(call: &Call<'_>) -> enums::NearestDc {
    let country = "XX".to_owned();
    types::NearestDc {
        country,
        this_dc: call.dc.number(),
        nearest_dc: Dc::Home.number(),
    }
    .into()
}

pub(super) fn app_config() -> enums::help::AppConfig {
    let number = |key: &str, value: f64| {
        let value = types::JsonNumber { value }.into();
        enums::JsonobjectValue::JsonObjectValue(types::JsonObjectValue {
            key: key.to_owned(),
            value,
        })
    };
    let value = vec![
        number("caption_length_limit_default", 1024.0),
        number("caption_length_limit_premium", 4096.0),
    ];
    let config = types::JsonObject { value }.into();
    types::help::AppConfig { hash: 1, config }.into()
}

pub(super) fn promo_data(call: &Call<'_>) -> enums::help::PromoData {
    let expires = wire_seconds(call.at / 1000 + 3600);
    types::help::PromoDataEmpty { expires }.into()
}

pub(super) fn terms_of_service(call: &Call<'_>) -> enums::help::TermsOfServiceUpdate {
    let expires = wire_seconds(call.at / 1000 + 3600);
    types::help::TermsOfServiceUpdateEmpty { expires }.into()
}
