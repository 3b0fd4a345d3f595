//! The loudness of a voice message over time, as each platform writes it.
//!
//! Discord has a byte for each sample, 256 at most (Message Resource, "Voice Messages"). Telegram
//! has five bits for each, packed from the lowest bit on, and its apps write a hundred
//! (core.telegram.org/constructor/documentAttributeAudio).

const DISCORD_SAMPLES: usize = 256;
const TELEGRAM_SAMPLES: usize = 100;
const BITS: usize = 5;
const LOUDEST: u32 = 31;

/// Without any samples Discord still wants one.
pub(crate) fn to_discord(packed: &[u8]) -> Vec<u8> {
    let count = (packed.len() * 8 / BITS).min(DISCORD_SAMPLES);
    let mut samples: Vec<u8> = (0..count)
        .map(|index| {
            let bit = index * BITS;
            let byte = |at: usize| u32::from(packed.get(at).copied().unwrap_or_default());
            let word = byte(bit / 8) | byte(bit / 8 + 1) << 8;
            let loudness = word >> (bit % 8) & LOUDEST;
            u8::try_from(loudness * 255 / LOUDEST).unwrap_or(u8::MAX)
        })
        .collect();
    if samples.is_empty() {
        samples.push(0);
    }
    samples
}

/// The loudest of each stretch is kept.
pub(crate) fn to_telegram(samples: &[u8]) -> Vec<u8> {
    let count = samples.len().min(TELEGRAM_SAMPLES);
    let mut packed = vec![0; (count * BITS).div_ceil(8)];
    for index in 0..count {
        let stretch = index * samples.len() / count..(index + 1) * samples.len() / count;
        let loudest = samples[stretch].iter().copied().max().unwrap_or_default();
        let word = (u32::from(loudest) * LOUDEST).div_ceil(255) << (index * BITS % 8);
        let [low, high, ..] = word.to_le_bytes();
        let at = index * BITS / 8;
        packed[at] |= low;
        if let Some(next) = packed.get_mut(at + 1) {
            *next |= high;
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_packed_from_the_lowest_bit_on() {
        // 1, 2, 3 in five bits each: 00001, 00010 << 5, 00011 << 10.
        let packed = [0b0100_0001, 0b0000_1100];
        assert_eq!(to_discord(&packed), [8, 16, 24]);
        assert_eq!(to_telegram(&[8, 16, 24]), packed);
        assert_eq!(to_telegram(&[255]), [31]);
        assert_eq!(to_telegram(&[]), [0_u8; 0]);
        assert_eq!(to_discord(&[]), [0]);
    }

    #[test]
    fn there_and_back_changes_nothing_and_long_ones_are_thinned() {
        let samples: Vec<u8> = (0..100_u8).collect();
        let packed = to_telegram(&samples);
        assert_eq!(packed.len(), 63);
        assert_eq!(to_telegram(&to_discord(&packed)), packed);
        let mut long = vec![0; 250];
        long[249] = 255;
        let thinned = to_discord(&to_telegram(&long));
        assert_eq!((thinned.len(), thinned[99], thinned[98]), (100, 255, 0));
        assert_eq!(to_discord(&[0xff; 500]).len(), 256);
    }
}
