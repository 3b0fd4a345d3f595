//! The platform takes an `InputPeer` where its schema asks for an `InputChannel` or an
//! `InputUser`, and some clients rely on it.

use grammers_tl_types::{Deserializable, Identifiable, types};

/// The stand-ins, which differ from what is asked for in nothing but their constructor.
const STAND_INS: [(u32, u32); 2] = [
    (
        types::InputPeerChannel::CONSTRUCTOR_ID,
        types::InputChannel::CONSTRUCTOR_ID,
    ),
    (
        types::InputPeerUser::CONSTRUCTOR_ID,
        types::InputUser::CONSTRUCTOR_ID,
    ),
];

/// Reads a request and, if that fails, puts the stand-ins right from left to right until it
/// can be read. A peer after them that is rightly one stays as it is.
pub(super) fn read<R: Deserializable>(arguments: &[u8]) -> Option<R> {
    if let Ok(request) = R::from_bytes(arguments) {
        return Some(request);
    }
    let mut arguments = arguments.to_vec();
    // Everything in the schema's encoding starts at a multiple of four bytes.
    for at in (0..arguments.len()).step_by(4) {
        let Some(word) = arguments.get(at..).and_then(|rest| rest.first_chunk::<4>()) else {
            break;
        };
        let found = STAND_INS
            .iter()
            .find(|(stand_in, _)| stand_in.to_le_bytes() == *word);
        let Some((_, asked_for)) = found else {
            continue;
        };
        arguments[at..at + 4].copy_from_slice(&asked_for.to_le_bytes());
        if let Ok(request) = R::from_bytes(&arguments) {
            return Some(request);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use grammers_tl_types::{Serializable, enums, functions};

    use super::*;

    #[test]
    fn a_peer_stands_in_for_a_channel_and_the_peer_after_it_stays() {
        let peer = types::InputPeerChannel {
            channel_id: 7,
            access_hash: 8,
        };
        let member = types::InputPeerUser {
            user_id: 9,
            access_hash: 10,
        };
        let mut arguments = enums::InputPeer::Channel(peer).to_bytes();
        arguments.extend(enums::InputPeer::User(member.clone()).to_bytes());
        let request: functions::channels::GetParticipant = read(&arguments).unwrap();
        let channel = types::InputChannel {
            channel_id: 7,
            access_hash: 8,
        };
        assert_eq!(request.channel, channel.into());
        assert_eq!(request.participant, member.into());
        assert!(read::<functions::channels::GetParticipant>(&arguments[..20]).is_none());
    }
}
