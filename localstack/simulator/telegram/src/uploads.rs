//! Files on their way in, part by part, in any order.
//!
//! Parts are put together and hashed as they come, so that nothing is left to do when the file
//! is used. What comes early waits on the disk. An upload ends with the process.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use md5::{Digest as _, Md5};
use patchbay_sim_core::{Blob, BlobWriter, Blobs};
use tempfile::TempPath;

use crate::hex;
use crate::state::{Refusal, UserId};

const LARGEST_PART: usize = 512 << 10;
/// Above this, parts are to be saved as those of a big file.
const LARGEST_SMALL: u64 = 10 << 20;
/// The names of parts end here, however large a file may be.
const MOST_PARTS: i32 = 4000;
/// How many parts a big file has, until its last part tells it: of a file that is sent as it
/// comes, nobody knows it before.
const UNTOLD: i32 = -1;

#[derive(Debug, Default)]
pub(crate) struct Uploads(HashMap<(UserId, i64), Upload>);

#[derive(Debug)]
struct Upload {
    /// What is there already, from the beginning on.
    content: Content,
    /// The first part that the content doesn't have.
    next: i32,
    early: BTreeMap<i32, TempPath>,
    came: BTreeMap<i32, Came>,
}

/// A part that came, as far as it has to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Came {
    length: usize,
    checksum: u32,
}

impl Came {
    fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len(),
            checksum: crc32fast::hash(bytes),
        }
    }
}

#[derive(Debug)]
enum Content {
    Growing { writer: BlobWriter, md5: Md5 },
    Kept { blob: Blob, md5: String },
}

/// One part, as a client hands it in.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) file: i64,
    pub(crate) number: i32,
    /// Told with the parts of big files alone.
    pub(crate) total: Option<i32>,
    pub(crate) bytes: &'a [u8],
}

/// An uploaded file, as a client names it when it uses it.
#[derive(Debug)]
pub(crate) struct Named<'a> {
    pub(crate) file: i64,
    pub(crate) parts: i32,
    /// Empty if the client doesn't know it.
    pub(crate) md5: &'a str,
}

impl Uploads {
    pub(crate) fn save(
        &mut self,
        blobs: &Blobs,
        user: UserId,
        part: &Part<'_>,
        largest: u64,
    ) -> Result<(), Refusal> {
        check_part(part, largest)?;
        let name = (user, part.file);
        let came = Came::of(part.bytes);
        let upload = match self.0.remove(&name) {
            Some(upload) if upload.goes_on_with(part.number, came) => upload,
            Some(_) | None => Upload::new(blobs).map_err(failed)?,
        };
        let upload = self.0.entry(name).or_insert(upload);
        if upload.came.contains_key(&part.number) {
            return Ok(());
        }
        let so_far: usize = upload.came.values().map(|it| it.length).sum();
        let limit = part.total.map_or(LARGEST_SMALL, |_| largest);
        if (so_far + part.bytes.len()) as u64 > limit {
            return Err(Refusal::bad("FILE_PARTS_INVALID"));
        }
        upload.take(blobs, part).map_err(failed)
    }

    /// The content of a file that is wholly there.
    pub(crate) fn finish(
        &mut self,
        blobs: &Blobs,
        user: UserId,
        named: &Named<'_>,
    ) -> Result<Blob, Refusal> {
        if !(1..=MOST_PARTS).contains(&named.parts) {
            return Err(Refusal::bad("FILE_PARTS_INVALID"));
        }
        let Some(upload) = self.0.remove(&(user, named.file)) else {
            return Err(missing(0));
        };
        if let Err(refusal) = upload.check(named.parts) {
            self.0.insert((user, named.file), upload);
            return Err(refusal);
        }
        let upload = upload.kept(blobs).map_err(failed)?;
        let upload = self.0.entry((user, named.file)).or_insert(upload);
        match &upload.content {
            Content::Kept { md5, .. } if !named.md5.is_empty() && named.md5 != md5 => {
                Err(Refusal::bad("MD5_CHECKSUM_INVALID"))
            }
            Content::Kept { blob, .. } => Ok(blob.clone()),
            Content::Growing { .. } => Err(missing(upload.next)),
        }
    }
}

impl Upload {
    fn new(blobs: &Blobs) -> io::Result<Self> {
        let (writer, md5) = (blobs.writer()?, Md5::new());
        Ok(Self {
            content: Content::Growing { writer, md5 },
            next: 0,
            early: BTreeMap::new(),
            came: BTreeMap::new(),
        })
    }

    /// A file that was used already is uploaded anew, and so is one of which a part comes again
    /// with other bytes.
    fn goes_on_with(&self, number: i32, part: Came) -> bool {
        let is_growing = matches!(self.content, Content::Growing { .. });
        is_growing && self.came.get(&number).is_none_or(|before| *before == part)
    }

    fn length(&self, number: i32) -> usize {
        self.came.get(&number).map_or(0, |part| part.length)
    }

    fn take(&mut self, blobs: &Blobs, part: &Part<'_>) -> io::Result<()> {
        if part.number != self.next {
            let mut file = blobs.scratch()?;
            file.write_all(part.bytes)?;
            self.early.insert(part.number, file.into_temp_path());
            self.came.insert(part.number, Came::of(part.bytes));
            return Ok(());
        }
        self.append(part.bytes, part.total)?;
        self.came.insert(part.number, Came::of(part.bytes));
        while let Some(path) = self.early.remove(&self.next) {
            self.append(&std::fs::read(path)?, part.total)?;
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8], total: Option<i32>) -> io::Result<()> {
        self.next += 1;
        if let Content::Growing { writer, md5 } = &mut self.content {
            writer.append(bytes)?;
            // Big files have no checksum of their own.
            if total.is_none() {
                md5.update(bytes);
            }
        }
        Ok(())
    }

    fn check(&self, parts: i32) -> Result<(), Refusal> {
        if let Some(number) = (0..parts).find(|number| !self.came.contains_key(number)) {
            return Err(missing(number));
        }
        if self.next != parts {
            return Err(Refusal::bad("FILE_PARTS_INVALID"));
        }
        let first = self.length(0);
        let all_but_last = self.came.range(..parts - 1).map(|(_, part)| part.length);
        for length in all_but_last {
            if length != first {
                return Err(Refusal::bad("FILE_PART_SIZE_CHANGED"));
            }
            check_length(length)?;
        }
        if parts > 1 && self.length(parts - 1) > first {
            return Err(Refusal::bad("FILE_PART_SIZE_CHANGED"));
        }
        Ok(())
    }

    fn kept(self, blobs: &Blobs) -> io::Result<Self> {
        let content = match self.content {
            Content::Growing { writer, md5 } => Content::Kept {
                blob: blobs.keep(writer)?,
                md5: hex::encode(&md5.finalize()),
            },
            kept @ Content::Kept { .. } => kept,
        };
        Ok(Self { content, ..self })
    }
}

fn check_part(part: &Part<'_>, largest: u64) -> Result<(), Refusal> {
    let length = part.bytes.len();
    if length == 0 {
        return Err(Refusal::bad("FILE_PART_EMPTY"));
    }
    if length > LARGEST_PART {
        return Err(Refusal::bad("FILE_PART_TOO_BIG"));
    }
    let told = part.total.filter(|total| *total != UNTOLD);
    let total = told.unwrap_or(MOST_PARTS);
    if !(1..=MOST_PARTS).contains(&total) {
        return Err(Refusal::bad("FILE_PARTS_INVALID"));
    }
    if !(0..total).contains(&part.number) {
        return Err(Refusal::bad("FILE_PART_INVALID"));
    }
    if part.total.is_some() && part.number < total - 1 {
        check_length(length)?;
        let others = u64::from(total.unsigned_abs() - 1) * length as u64;
        if told.is_some() && others >= largest {
            return Err(Refusal::bad("FILE_PARTS_INVALID"));
        }
    }
    Ok(())
}

fn check_length(length: usize) -> Result<(), Refusal> {
    if length.is_multiple_of(1024) && LARGEST_PART.is_multiple_of(length) {
        Ok(())
    } else {
        Err(Refusal::bad("FILE_PART_SIZE_INVALID"))
    }
}

fn missing(part: i32) -> Refusal {
    Refusal {
        code: 400,
        name: format!("FILE_PART_{part}_MISSING").into(),
    }
}

/// What a client is told when the disk fails.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
pub(crate) fn failed(error: io::Error) -> Refusal {
    let error = &error as &dyn std::error::Error;
    tracing::error!(error, "a file can't be read or written");
    Refusal {
        code: 500,
        name: "SIMULATOR_FILES_FAILED".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserId = UserId(1);
    const LARGEST: u64 = 4 << 20;

    struct Desk {
        blobs: Blobs,
        uploads: Uploads,
    }

    fn desk() -> Desk {
        Desk {
            blobs: Blobs::temporary().unwrap(),
            uploads: Uploads::default(),
        }
    }

    impl Desk {
        fn save(&mut self, number: i32, total: Option<i32>, bytes: &[u8]) -> Result<(), String> {
            let part = Part {
                file: 7,
                number,
                total,
                bytes,
            };
            self.uploads
                .save(&self.blobs, USER, &part, LARGEST)
                .map_err(|refusal| refusal.name.into_owned())
        }

        fn finish(&mut self, parts: i32, md5: &str) -> Result<Blob, String> {
            let named = Named {
                file: 7,
                parts,
                md5,
            };
            self.uploads
                .finish(&self.blobs, USER, &named)
                .map_err(|refusal| refusal.name.into_owned())
        }
    }

    #[test]
    fn parts_come_in_any_order_and_more_than_once() {
        let parts = [vec![1; 1024], vec![2; 1024], vec![3; 7]];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
            for total in [None, Some(3)] {
                let mut desk = desk();
                for number in order.into_iter().chain([1]) {
                    let bytes = &parts[usize::try_from(number).unwrap()];
                    desk.save(number, total, bytes).unwrap();
                }
                let blob = desk.finish(3, "").unwrap();
                let read = desk.blobs.read(&blob, 0, 9999).unwrap();
                assert_eq!(read, parts.concat(), "{order:?}");
                assert_eq!(desk.finish(3, "").unwrap(), blob, "it can be used again");
            }
        }
    }

    #[test]
    fn the_last_part_may_tell_how_many_there_are() {
        let mut desk = desk();
        desk.save(0, Some(UNTOLD), &[1; 1024]).unwrap();
        desk.save(1, Some(UNTOLD), &[2; 1024]).unwrap();
        assert_eq!(
            desk.save(2, Some(UNTOLD), &[3; 7]).unwrap_err(),
            "FILE_PART_SIZE_INVALID"
        );
        desk.save(2, Some(3), &[3; 7]).unwrap();
        assert_eq!(desk.finish(3, "").unwrap().size, 2055);
    }

    #[test]
    fn other_bytes_under_the_same_name_are_another_file() {
        let mut desk = desk();
        desk.save(0, None, &[1; 1024]).unwrap();
        desk.save(1, None, &[1; 7]).unwrap();
        desk.save(0, None, &[2; 9]).unwrap();
        let blob = desk.finish(1, "").unwrap();
        assert_eq!(desk.blobs.read(&blob, 0, 99).unwrap(), [2; 9]);
    }

    #[test]
    fn each_part_is_checked_when_it_comes() {
        let whole = vec![0; LARGEST_PART];
        let too_much = vec![0; LARGEST_PART + 1];
        let rows: [(i32, Option<i32>, &[u8], &str); 8] = [
            (0, None, &[], "FILE_PART_EMPTY"),
            (0, None, &too_much, "FILE_PART_TOO_BIG"),
            (-1, None, &[1], "FILE_PART_INVALID"),
            (3, Some(3), &[1], "FILE_PART_INVALID"),
            (0, Some(0), &[1], "FILE_PARTS_INVALID"),
            (0, Some(4001), &whole, "FILE_PARTS_INVALID"),
            (0, Some(9), &whole, "FILE_PARTS_INVALID"),
            (0, Some(2), &[1; 1000], "FILE_PART_SIZE_INVALID"),
        ];
        for (number, total, bytes, name) in rows {
            assert_eq!(desk().save(number, total, bytes).unwrap_err(), name);
        }
    }

    #[test]
    fn a_file_is_checked_when_it_is_used() {
        let mut desk = desk();
        assert_eq!(desk.finish(1, "").unwrap_err(), "FILE_PART_0_MISSING");
        desk.save(0, None, &[1; 1024]).unwrap();
        desk.save(2, None, &[1; 3]).unwrap();
        assert_eq!(desk.finish(3, "").unwrap_err(), "FILE_PART_1_MISSING");
        assert_eq!(desk.finish(0, "").unwrap_err(), "FILE_PARTS_INVALID");
        desk.save(1, None, &[1; 2048]).unwrap();
        assert_eq!(desk.finish(3, "").unwrap_err(), "FILE_PART_SIZE_CHANGED");
        let mut desk = self::desk();
        desk.save(0, None, b"abc").unwrap();
        let right = "900150983cd24fb0d6963f7d28e17f72";
        assert_eq!(desk.finish(1, "00").unwrap_err(), "MD5_CHECKSUM_INVALID");
        assert_eq!(desk.finish(1, right).unwrap().size, 3);
    }
}
