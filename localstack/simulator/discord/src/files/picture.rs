/// How much of a file is looked at.
pub(super) const SNIFFED: usize = 64 * 1024;

/// The size of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u64,
    pub(crate) height: u64,
}

impl Picture {
    /// What the first bytes of a PNG, GIF or JPEG say.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self {
                width: big(head.get(16..20)?),
                height: big(head.get(20..24)?),
            }),
            [b'G', b'I', b'F', b'8', _, b'a', wl, wh, hl, hh, ..] => Some(Self {
                width: big(&[*wh, *wl]),
                height: big(&[*hh, *hl]),
            }),
            [0xff, 0xd8, segments @ ..] => Self::of_jpeg(segments),
            _ => None,
        }
    }

    /// The frame header is among the segments, each of which says how long it is.
    fn of_jpeg(mut segments: &[u8]) -> Option<Self> {
        while let [0xff, marker, rest @ ..] = segments {
            let is_frame = (0xc0..=0xcf).contains(marker) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
            if is_frame {
                return Some(Self {
                    height: big(rest.get(3..5)?),
                    width: big(rest.get(5..7)?),
                });
            }
            let length = usize::try_from(big(rest.get(..2)?)).ok()?;
            segments = rest.get(length..)?;
        }
        None
    }
}

fn big(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_say_how_large_they_are() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\0\x02";
        let gif = b"GIF89a\x03\0\x04\0";
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x05\0\x06\x03";
        for (head, width, height) in [(&png[..], 256, 2), (gif, 3, 4), (jpeg, 6, 5)] {
            assert_eq!(Picture::of(head), Some(Picture { width, height }));
        }
        assert_eq!(Picture::of(b"\x89PNG\r\n\x1a\n"), None);
        assert_eq!(Picture::of(b"no picture"), None);
    }
}
