use patchbay_domain::Platform::{Discord, Telegram};

use crate::tour::tour;
use crate::{discord, telegram};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram_to_telegram() {
    let cases = async |_| telegram::cases();
    let held = Box::pin(tour(Telegram, Telegram, telegram::COUNT, cases)).await;
    insta::assert_snapshot!(held, @r##"
    text
      post       "bold and link" | <bold 0+4, text_link 9+4 https://example.com/> | previewed
      edit       "plain"
      grow       3959 characters
      reply      3959 characters
                 "an answer" | re #1
      delete     "an answer" | re ?
    long text
      post       3959 characters
      shrink     "short"
      reply      "short"
                 "an answer" | re #1
      delete     "an answer" | re ?
    silent
      post       "hush" | silent
      reply      "hush" | silent
                 "an answer" | re #1
      delete     "an answer" | re ?
    link without preview
      post       "https://example.com/"
      reply      "https://example.com/"
                 "an answer" | re #1
      delete     "an answer" | re ?
    forward
      post       "as Nina said"
      reply      "as Nina said"
                 "an answer" | re #1
      delete     "an answer" | re ?
    photo
      post       "a caption" | photo 2000 bytes
      edit       "another caption" | photo 2000 bytes
      replace    "another caption" | photo 2000 bytes
      reply      "another caption" | photo 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    spoiler
      post       "a caption" | photo 2000 bytes, spoiler
      edit       "another caption" | photo 2000 bytes, spoiler
      replace    "another caption" | photo 2000 bytes
      reply      "another caption" | photo 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    video
      post       "a caption" | video "clip.mp4" 2000 bytes, duration 3.0
      edit       "another caption" | video "clip.mp4" 2000 bytes, duration 3.0
      replace    "another caption" | video 2000 bytes, duration 1.0
      reply      "another caption" | video 2000 bytes, duration 1.0
                 "an answer" | re #1
      delete     "an answer" | re ?
    voice
      post       "a caption" | voice 2000 bytes, duration 5.0
      edit       "another caption" | voice 2000 bytes, duration 5.0
      replace    "another caption" | voice 2000 bytes, duration 1.0
      reply      "another caption" | voice 2000 bytes, duration 1.0
                 "an answer" | re #1
      delete     "an answer" | re ?
    audio
      post       "a caption" | audio "song.mp3" 2000 bytes, duration 4.0, title "Song", performer "Band"
      edit       "another caption" | audio "song.mp3" 2000 bytes, duration 4.0, title "Song", performer "Band"
      replace    "another caption" | audio 2000 bytes, duration 1.0
      reply      "another caption" | audio 2000 bytes, duration 1.0
                 "an answer" | re #1
      delete     "an answer" | re ?
    animation
      post       "a caption" | animation "fun.mp4" 2000 bytes, duration 1.0
      edit       "another caption" | animation "fun.mp4" 2000 bytes, duration 1.0
      replace    "another caption" | animation 2000 bytes, duration 1.0
      reply      "another caption" | animation 2000 bytes, duration 1.0
                 "an answer" | re #1
      delete     "an answer" | re ?
    document
      post       "a caption" | document "paper.pdf" 2000 bytes
      edit       "another caption" | document "paper.pdf" 2000 bytes
      replace    "another caption" | document 2000 bytes
      reply      "another caption" | document 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    round video
      post       round_video 2000 bytes, duration 2.0
      reply      round_video 2000 bytes, duration 2.0
                 "an answer" | re #1
      delete     "an answer" | re ?
    sticker
      post       sticker 2000 bytes, emoji "🙂"
      reply      sticker 2000 bytes, emoji "🙂"
                 "an answer" | re #1
      delete     "an answer" | re ?
    animated sticker
      post       sticker 2000 bytes, emoji "🎉"
      reply      sticker 2000 bytes, emoji "🎉"
                 "an answer" | re #1
      delete     "an answer" | re ?
    large file
      post       "big" | document "big.bin" 10485761 bytes
      reply      "big" | document "big.bin" 10485761 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    long caption
      post       999 characters | photo 2000 bytes
      edit       "short" | photo 2000 bytes
      reply      "short" | photo 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    text, then photo
      post       "words"
      add        "words" | photo 2000 bytes
      reply      "words" | photo 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    album
      post       "first" | photo 2000 bytes | in album
                 photo 2000 bytes | in album
                 "third" | photo 2000 bytes | in album
      edit       "first anew" | photo 2000 bytes | in album
                 photo 2000 bytes | in album
                 "third" | photo 2000 bytes | in album
      reply      "first anew" | photo 2000 bytes | in album
                 photo 2000 bytes | in album
                 "third" | photo 2000 bytes | in album
                 "an answer" | re #1
      delete one "first anew" | photo 2000 bytes | in album
                 photo 2000 bytes | in album
                 "an answer" | re #1
      delete one "first anew" | photo 2000 bytes | in album
                 "an answer" | re #1
      delete     "an answer" | re ?
    mixed album
      post       photo 2000 bytes | in album
                 "moving" | video 2000 bytes, duration 1.0 | in album
      reply      photo 2000 bytes | in album
                 "moving" | video 2000 bytes, duration 1.0 | in album
                 "an answer" | re #1
      delete one photo 2000 bytes | in album
                 "an answer" | re #1
      delete     "an answer" | re ?
    poll
      post       poll {answers: [Yes, No], multiple: true, question: Tea?}
      reply      poll {answers: [Yes, No], multiple: true, question: Tea?}
                 "an answer" | re #1
      delete     "an answer" | re ?
    quiz
      post       poll {answers: [4, 5], question: 2 + 2?}
      reply      poll {answers: [4, 5], question: 2 + 2?}
                 "an answer" | re #1
      delete     "an answer" | re ?
    location
      post       location {latitude: 48.858222, longitude: 2.2945}
      reply      location {latitude: 48.858222, longitude: 2.2945}
                 "an answer" | re #1
      delete     "an answer" | re ?
    venue
      post       venue {address: Champ de Mars, latitude: 48.858222, longitude: 2.2945, title: Tower}
      reply      venue {address: Champ de Mars, latitude: 48.858222, longitude: 2.2945, title: Tower}
                 "an answer" | re #1
      delete     "an answer" | re ?
    contact
      post       contact {first_name: Ann, last_name: Lee, phone_number: +15550199}
      reply      contact {first_name: Ann, last_name: Lee, phone_number: +15550199}
                 "an answer" | re #1
      delete     "an answer" | re ?
    dice
      post       "🎲 6"
      reply      "🎲 6"
                 "an answer" | re #1
      delete     "an answer" | re ?
    "##);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram_to_discord() {
    let cases = async |_| telegram::cases();
    let held = Box::pin(tour(Telegram, Discord, telegram::COUNT, cases)).await;
    insta::assert_snapshot!(held, @r##"
    text
      post       "**bold** and [link](https://example.com/)"
      edit       "plain"
      grow       1998 characters
                 1961 characters
      reply      1998 characters
                 1961 characters
                 "an answer" | re #1
      delete     "an answer" | re ?
    long text
      post       1998 characters
                 1961 characters
      shrink     "short"
      reply      "short"
                 "an answer" | re #1
      delete     "an answer" | re ?
    silent
      post       "hush" | silent
      reply      "hush" | silent
                 "an answer" | re #1
      delete     "an answer" | re ?
    link without preview
      post       "https://example.com/" | not previewed
      reply      "https://example.com/" | not previewed
                 "an answer" | re #1
      delete     "an answer" | re ?
    forward
      post       "as Nina said"
      reply      "as Nina said"
                 "an answer" | re #1
      delete     "an answer" | re ?
    photo
      post       "a caption" | image/jpeg "photo.jpg" 2000 bytes
      edit       "another caption" | image/jpeg "photo.jpg" 2000 bytes
      replace    "another caption" | image/jpeg "photo.jpg" 2000 bytes
      reply      "another caption" | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    spoiler
      post       "a caption" | image/jpeg "SPOILER_photo.jpg" 2000 bytes, spoiler
      edit       "another caption" | image/jpeg "SPOILER_photo.jpg" 2000 bytes, spoiler
      replace    "another caption" | image/jpeg "photo.jpg" 2000 bytes
      reply      "another caption" | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    video
      post       "a caption" | video/mp4 "clip.mp4" 2000 bytes
      edit       "another caption" | video/mp4 "clip.mp4" 2000 bytes
      replace    "another caption" | video/mp4 "video.mp4" 2000 bytes
      reply      "another caption" | video/mp4 "video.mp4" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    voice
      post       "a caption" | audio/ogg "voice.ogg" 2000 bytes, voice of 5 s
      edit       "another caption" | audio/ogg "voice.ogg" 2000 bytes, voice of 5 s
      replace    "another caption" | audio/ogg "voice.ogg" 2000 bytes, voice of 1 s
      reply      "another caption" | audio/ogg "voice.ogg" 2000 bytes, voice of 1 s
                 "an answer" | re #1
      delete     "an answer" | re ?
    audio
      post       "a caption" | audio/mpeg "song.mp3" 2000 bytes
      edit       "another caption" | audio/mpeg "song.mp3" 2000 bytes
      replace    "another caption" | audio/mpeg "audio.mp3" 2000 bytes
      reply      "another caption" | audio/mpeg "audio.mp3" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    animation
      post       "a caption" | video/mp4 "fun.mp4" 2000 bytes
      edit       "another caption" | video/mp4 "fun.mp4" 2000 bytes
      replace    "another caption" | video/mp4 "animation.mp4" 2000 bytes
      reply      "another caption" | video/mp4 "animation.mp4" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    document
      post       "a caption" | application/pdf "paper.pdf" 2000 bytes
      edit       "another caption" | application/pdf "paper.pdf" 2000 bytes
      replace    "another caption" | file "file.bin" 2000 bytes
      reply      "another caption" | file "file.bin" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    round video
      post       video/mp4 "video.mp4" 2000 bytes
      reply      video/mp4 "video.mp4" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    sticker
      post       image/webp "sticker.webp" 2000 bytes
      reply      image/webp "sticker.webp" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    animated sticker
      post       "\\[sticker: 🎉]"
      reply      "\\[sticker: 🎉]"
                 "an answer" | re #1
      delete     "an answer" | re ?
    large file
      post       "big\n📎 [big.bin](https://t.me/c/1500000006/2) (10.1 MiB) is not here: Discord takes files of at most 10 MiB."
      reply      "big\n📎 [big.bin](https://t.me/c/1500000006/2) (10.1 MiB) is not here: Discord takes files of at most 10 MiB."
                 "an answer" | re #1
      delete     "an answer" | re ?
    long caption
      post       999 characters | image/jpeg "photo.jpg" 2000 bytes
      edit       "short" | image/jpeg "photo.jpg" 2000 bytes
      reply      "short" | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    text, then photo
      post       "words"
      add        "words" | image/jpeg "photo.jpg" 2000 bytes
      reply      "words" | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    album
      post       "first\nthird" | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes
      edit       "first anew" | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes
      reply      "first anew" | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete one "first anew" | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete one "first anew" | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete     "first anew"
                 "an answer" | re #1
    mixed album
      post       "moving" | image/jpeg "photo.jpg" 2000 bytes | video/mp4 "video.mp4" 2000 bytes
      reply      "moving" | image/jpeg "photo.jpg" 2000 bytes | video/mp4 "video.mp4" 2000 bytes
                 "an answer" | re #1
      delete one "moving" | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete     "moving"
                 "an answer" | re #1
    poll
      post       poll {allow_multiselect: true, answers: [{text: Yes}, {text: No}], hours: 768, question: Tea?}
      reply      poll {allow_multiselect: true, answers: [{text: Yes}, {text: No}], hours: 768, question: Tea?}
                 "an answer" | re #1
      delete     "an answer" | re ?
    quiz
      post       poll {answers: [{text: 4}, {text: 5}], hours: 768, question: 2 + 2?}
      reply      poll {answers: [{text: 4}, {text: 5}], hours: 768, question: 2 + 2?}
                 "an answer" | re #1
      delete     "an answer" | re ?
    location
      post       "📍 [48.858222, 2.294500](https://maps.google.com/?q=48.858222,2.294500)"
      reply      "📍 [48.858222, 2.294500](https://maps.google.com/?q=48.858222,2.294500)"
                 "an answer" | re #1
      delete     "an answer" | re ?
    venue
      post       "**Tower**\nChamp de Mars\n📍 [48.858222, 2.294500](https://maps.google.com/?q=48.858222,2.294500)"
      reply      "**Tower**\nChamp de Mars\n📍 [48.858222, 2.294500](https://maps.google.com/?q=48.858222,2.294500)"
                 "an answer" | re #1
      delete     "an answer" | re ?
    contact
      post       "👤 **Ann Lee**\n+15550199"
      reply      "👤 **Ann Lee**\n+15550199"
                 "an answer" | re #1
      delete     "an answer" | re ?
    dice
      post       "🎲 6"
      reply      "🎲 6"
                 "an answer" | re #1
      delete     "an answer" | re ?
    "##);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discord_to_telegram() {
    let held = Box::pin(tour(Discord, Telegram, discord::COUNT, discord::cases)).await;
    insta::assert_snapshot!(held, @r##"
    text
      post       "bold and link" | <bold 0+4, text_link 9+4 https://example.com/> | previewed
      edit       "plain"
      grow       1979 characters
      reply      1979 characters
                 "an answer" | re #1
      delete     "an answer" | re ?
    long text
      post       1979 characters
      shrink     "short"
      reply      "short"
                 "an answer" | re #1
      delete     "an answer" | re ?
    silent
      post       "hush" | silent
      reply      "hush" | silent
                 "an answer" | re #1
      delete     "an answer" | re ?
    link without preview
      post       "https://example.com/" | <text_link 0+20 https://example.com/> | previewed
      reply      "https://example.com/" | <text_link 0+20 https://example.com/> | previewed
                 "an answer" | re #1
      delete     "an answer" | re ?
    picture
      post       "a caption" | photo 2000 bytes
      edit       "another caption" | photo 2000 bytes
      replace    "another caption" | photo 2000 bytes
      reply      "another caption" | photo 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    spoiler
      post       "a caption" | photo 2000 bytes, spoiler
      edit       "another caption" | photo 2000 bytes, spoiler
      reply      "another caption" | photo 2000 bytes, spoiler
                 "an answer" | re #1
      delete     "an answer" | re ?
    video
      post       "a caption" | video "clip.mp4" 2000 bytes, duration 0.0
      edit       "another caption" | video "clip.mp4" 2000 bytes, duration 0.0
      reply      "another caption" | video "clip.mp4" 2000 bytes, duration 0.0
                 "an answer" | re #1
      delete     "an answer" | re ?
    audio
      post       "a caption" | audio "song.mp3" 2000 bytes, duration 0.0
      edit       "another caption" | audio "song.mp3" 2000 bytes, duration 0.0
      reply      "another caption" | audio "song.mp3" 2000 bytes, duration 0.0
                 "an answer" | re #1
      delete     "an answer" | re ?
    document
      post       "a caption" | document "paper.pdf" 2000 bytes
      edit       "another caption" | document "paper.pdf" 2000 bytes
      reply      "another caption" | document "paper.pdf" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    voice
      post       voice "voice-message.ogg" 2000 bytes, duration 3.0
      reply      voice "voice-message.ogg" 2000 bytes, duration 3.0
                 "an answer" | re #1
      delete     "an answer" | re ?
    two pictures
      post       "both" | photo 2000 bytes | in album
                 photo 2000 bytes | in album
      edit       "both anew" | photo 2000 bytes | in album
                 photo 2000 bytes | in album
      reply      "both anew" | photo 2000 bytes | in album
                 photo 2000 bytes | in album
                 "an answer" | re #1
      delete     "an answer" | re ?
    mixed files
      post       "all" | photo 2000 bytes
                 document "paper.pdf" 2000 bytes
                 audio "song.mp3" 2000 bytes, duration 0.0
      reply      "all" | photo 2000 bytes
                 document "paper.pdf" 2000 bytes
                 audio "song.mp3" 2000 bytes, duration 0.0
                 "an answer" | re #1
      delete     "an answer" | re ?
    text, then file
      post       "words"
      add        "words" | document "paper.pdf" 2000 bytes
      reply      "words" | document "paper.pdf" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    sticker
      post       photo 500 bytes, other bytes
      reply      photo 500 bytes, other bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    poll
      post       poll {answers: [Yes, No], multiple: true, public: true, question: Tea?}
      reply      poll {answers: [Yes, No], multiple: true, public: true, question: Tea?}
                 "an answer" | re #1
      delete     "an answer" | re ?
    embed
      post       skipped: empty
      reply      "an answer"
      delete     skipped: unmapped
                 "an answer"
    forward
      post       "said elsewhere" | document "there.pdf" 2000 bytes
      reply      "said elsewhere" | document "there.pdf" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    "##);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discord_to_discord() {
    let held = Box::pin(tour(Discord, Discord, discord::COUNT, discord::cases)).await;
    insta::assert_snapshot!(held, @r##"
    text
      post       "**bold** and [link](https://example.com/)"
      edit       "plain"
      grow       1980 characters
      reply      1980 characters
                 "an answer" | re #1
      delete     "an answer" | re ?
    long text
      post       1980 characters
      shrink     "short"
      reply      "short"
                 "an answer" | re #1
      delete     "an answer" | re ?
    silent
      post       "hush" | silent
      reply      "hush" | silent
                 "an answer" | re #1
      delete     "an answer" | re ?
    link without preview
      post       "<https://example.com/>"
      reply      "<https://example.com/>"
                 "an answer" | re #1
      delete     "an answer" | re ?
    picture
      post       "a caption" | image/png "cat.png" 2000 bytes
      edit       "another caption" | image/png "cat.png" 2000 bytes
      replace    "another caption" | image/png "dog.png" 2000 bytes
      reply      "another caption" | image/png "dog.png" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    spoiler
      post       "a caption" | image/png "SPOILER_cat.png" 2000 bytes, spoiler
      edit       "another caption" | image/png "SPOILER_cat.png" 2000 bytes, spoiler
      reply      "another caption" | image/png "SPOILER_cat.png" 2000 bytes, spoiler
                 "an answer" | re #1
      delete     "an answer" | re ?
    video
      post       "a caption" | video/mp4 "clip.mp4" 2000 bytes
      edit       "another caption" | video/mp4 "clip.mp4" 2000 bytes
      reply      "another caption" | video/mp4 "clip.mp4" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    audio
      post       "a caption" | audio/mpeg "song.mp3" 2000 bytes
      edit       "another caption" | audio/mpeg "song.mp3" 2000 bytes
      reply      "another caption" | audio/mpeg "song.mp3" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    document
      post       "a caption" | application/pdf "paper.pdf" 2000 bytes
      edit       "another caption" | application/pdf "paper.pdf" 2000 bytes
      reply      "another caption" | application/pdf "paper.pdf" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    voice
      post       audio/ogg "voice-message.ogg" 2000 bytes, voice of 3 s
      reply      audio/ogg "voice-message.ogg" 2000 bytes, voice of 3 s
                 "an answer" | re #1
      delete     "an answer" | re ?
    two pictures
      post       "both" | image/png "one.png" 2000 bytes | image/png "two.png" 2000 bytes
      edit       "both anew" | image/png "one.png" 2000 bytes | image/png "two.png" 2000 bytes
      reply      "both anew" | image/png "one.png" 2000 bytes | image/png "two.png" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    mixed files
      post       "all" | image/png "one.png" 2000 bytes | application/pdf "paper.pdf" 2000 bytes | audio/mpeg "song.mp3" 2000 bytes
      reply      "all" | image/png "one.png" 2000 bytes | application/pdf "paper.pdf" 2000 bytes | audio/mpeg "song.mp3" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    text, then file
      post       "words"
      add        "words" | application/pdf "paper.pdf" 2000 bytes
      reply      "words" | application/pdf "paper.pdf" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    sticker
      post       image/png "wave.png" 500 bytes, other bytes
      reply      image/png "wave.png" 500 bytes, other bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    poll
      post       poll {allow_multiselect: true, answers: [{text: Yes}, {text: No}], hours: 768, question: Tea?}
      reply      poll {allow_multiselect: true, answers: [{text: Yes}, {text: No}], hours: 768, question: Tea?}
                 "an answer" | re #1
      delete     "an answer" | re ?
    embed
      post       skipped: empty
      reply      "an answer"
      delete     skipped: unmapped
                 "an answer"
    forward
      post       "said elsewhere" | application/pdf "there.pdf" 2000 bytes
      reply      "said elsewhere" | application/pdf "there.pdf" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    "##);
}
