use std::io::{self, Write};

use flate2::Compression;
use flate2::Crc;
use flate2::write::ZlibEncoder;
use serde_json::json;

/// A picture that nobody gave is one colour, which follows from whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture([u8; 3]);

const SIDE: u32 = 16;
/// One pixel without loss. All of these are alike.
const WEBP: [u8; 34] = [
    b'R', b'I', b'F', b'F', 26, 0, 0, 0, b'W', b'E', b'B', b'P', b'V', b'P', b'8', b'L', 13, 0, 0,
    0, 0x2f, 0, 0, 0, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xfe, 0x07, 0,
];

impl Picture {
    pub(super) fn of(name: &str) -> Self {
        // FNV-1a; any hash that stays the same from run to run would do.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let [red, green, blue, ..] = hash.to_be_bytes();
        Self([red, green, blue])
    }

    /// The picture as a file of this kind, with its type; `None` if there is no such kind.
    pub(super) fn draw(self, extension: &str) -> Option<(&'static str, Vec<u8>)> {
        match extension {
            "png" => Some(("image/png", self.png().ok()?)),
            "gif" => Some(("image/gif", self.gif())),
            "webp" => Some(("image/webp", WEBP.to_vec())),
            "json" => Some(("application/json", self.lottie())),
            _ => None,
        }
    }

    fn png(self) -> io::Result<Vec<u8>> {
        let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
        for _ in 0..SIDE {
            pixels.write_all(&[0])?;
            for _ in 0..SIDE {
                pixels.write_all(&self.0)?;
            }
        }
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let size = SIDE.to_be_bytes();
        // Eight bits for each of red, green and blue.
        let header = [&size[..], &size, &[8, 2, 0, 0, 0]].concat();
        for (kind, data) in [
            (b"IHDR", header),
            (b"IDAT", pixels.finish()?),
            (b"IEND", Vec::new()),
        ] {
            let length = u32::try_from(data.len()).map_err(io::Error::other)?;
            let mut sum = Crc::new();
            sum.update(kind);
            sum.update(&data);
            for part in [
                &length.to_be_bytes()[..],
                kind,
                &data,
                &sum.sum().to_be_bytes(),
            ] {
                png.extend_from_slice(part);
            }
        }
        Ok(png)
    }

    /// One pixel.
    fn gif(self) -> Vec<u8> {
        let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0".to_vec();
        gif.extend_from_slice(&self.0);
        gif.extend_from_slice(b"\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;");
        gif
    }

    /// An animation of nothing on a ground of the colour.
    fn lottie(self) -> Vec<u8> {
        let [red, green, blue] = self.0;
        let ground = json!({
            "ty": 1, "ind": 1, "ip": 0, "op": 60, "st": 0, "sw": 320, "sh": 320, "ks": {},
            "sc": format!("#{red:02x}{green:02x}{blue:02x}"),
        });
        let animation = json!({
            "v": "5.7.0", "fr": 60, "ip": 0, "op": 60, "w": 320, "h": 320, "layers": [ground],
        });
        animation.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_drawn_in_each_kind_and_differs_from_others() {
        let drawn = |name, kind| Picture::of(name).draw(kind).unwrap().1;
        assert!(drawn("1", "png").starts_with(b"\x89PNG"));
        assert!(drawn("1", "gif").starts_with(b"GIF89a"));
        assert!(drawn("1", "webp").starts_with(b"RIFF"));
        assert!(drawn("1", "json").starts_with(b"{"));
        for kind in ["png", "gif", "json"] {
            assert_eq!(drawn("1", kind), drawn("1", kind));
            assert_ne!(drawn("1", kind), drawn("2", kind));
        }
        assert!(Picture::of("1").draw("bmp").is_none());
    }
}
