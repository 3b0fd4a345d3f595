use serde::{Deserialize, Serialize};

use crate::text::{Span, Style, Text};

/// What a message carries that is no file. Where the destination has no such thing, it is told in
/// words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Special {
    Poll(Poll),
    Location(Location),
    Contact(Contact),
    /// An emoji that the platform rolled a number for.
    Dice {
        emoji: String,
        value: i32,
    },
    /// Something that the other platform has nothing like, in words.
    Told {
        text: Text,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    pub question: String,
    pub options: Vec<String>,
    /// Whether several options may be chosen.
    pub choice: Choice,
    /// Whether everybody sees who chose what.
    pub ballot: Ballot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    One,
    Several,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ballot {
    Secret,
    Open,
}

/// In units of 1e-7 degrees, positive to the north and east.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub latitude: i64,
    pub longitude: i64,
    /// The name of what is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub phone: String,
    pub first_name: String,
    pub last_name: String,
}

impl Location {
    const UNIT: f64 = 1e7;

    pub fn from_degrees(latitude: f64, longitude: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "degrees are few, and a cast of what is none is clamped"
        )]
        let units = |degrees: f64| (degrees * Self::UNIT).round() as i64;
        Self {
            latitude: units(latitude),
            longitude: units(longitude),
            title: None,
            address: None,
        }
    }

    /// Latitude and longitude.
    pub fn degrees(&self) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "degrees have ten digits")]
        let degrees = |units: i64| units as f64 / Self::UNIT;
        (degrees(self.latitude), degrees(self.longitude))
    }
}

impl Special {
    /// The same in words.
    pub fn to_text(&self) -> Text {
        match self {
            Self::Poll(poll) => poll.to_text(),
            Self::Location(location) => location.to_text(),
            Self::Contact(contact) => contact.to_text(),
            Self::Dice { emoji, value } => Text::plain(format!("{emoji} {value}")),
            Self::Told { text } => text.clone(),
        }
    }
}

impl Poll {
    fn to_text(&self) -> Text {
        let question = bold(&self.question);
        let how = match self.choice {
            Choice::One => "Poll",
            Choice::Several => "Poll, several answers",
        };
        let options = self.options.iter();
        let options: Vec<Text> = options
            .map(|option| Text::plain(format!("▫️ {option}")))
            .collect();
        let mut lines = vec![Text::plain(format!("📊 {how}")), question];
        lines.extend(options);
        Text::lines(&lines)
    }
}

impl Location {
    fn to_text(&self) -> Text {
        let (latitude, longitude) = self.degrees();
        let place = format!("{latitude:.6}, {longitude:.6}");
        let whole = 0..place.len();
        let url = format!("https://maps.google.com/?q={latitude:.6},{longitude:.6}");
        let span = Span {
            range: whole,
            style: Style::Link { url },
        };
        let mut position = Text::plain("📍 ");
        position.append(&Text::new(place, vec![span]));
        let title = bold(self.title.as_deref().unwrap_or_default());
        let address = Text::plain(self.address.as_deref().unwrap_or_default());
        Text::lines([&title, &address, &position])
    }
}

impl Contact {
    fn to_text(&self) -> Text {
        let name = format!("{} {}", self.first_name, self.last_name);
        let name = bold(name.trim());
        let mut first = Text::plain("👤 ");
        first.append(&name);
        Text::lines([&first, &Text::plain(self.phone.as_str())])
    }
}

fn bold(text: &str) -> Text {
    let span = Span {
        range: 0..text.len(),
        style: Style::Bold,
    };
    Text::new(text.to_owned(), vec![span])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::discord::render;

    #[test]
    fn what_is_no_file_can_be_told() {
        let poll = Poll {
            question: "Tea?".to_owned(),
            options: vec!["Yes".to_owned(), "No".to_owned()],
            choice: Choice::One,
            ballot: Ballot::Secret,
        };
        let place = Location {
            title: Some("Tower".to_owned()),
            ..Location::from_degrees(48.858_222_2, -2.2945)
        };
        let contact = Contact {
            phone: "+15550100".to_owned(),
            first_name: "Ann".to_owned(),
            last_name: String::new(),
        };
        let dice = Special::Dice {
            emoji: "🎲".to_owned(),
            value: 6,
        };
        let told = |special: Special| render(&special.to_text());
        insta::assert_snapshot!(told(Special::Poll(poll)), @r"
        📊 Poll
        **Tea?**
        ▫️ Yes
        ▫️ No
        ");
        insta::assert_snapshot!(told(Special::Location(place)), @r"
        **Tower**
        📍 [48.858222, -2.294500](https://maps.google.com/?q=48.858222,-2.294500)
        ");
        insta::assert_snapshot!(told(Special::Contact(contact)), @r"
        👤 **Ann**
        +15550100
        ");
        insta::assert_snapshot!(told(dice), @"🎲 6");
    }

    #[test]
    fn a_place_keeps_its_degrees() {
        let place = Location::from_degrees(-33.856_784_4, 151.213_108);
        assert_eq!(place.degrees(), (-33.856_784_4, 151.213_108));
    }
}
