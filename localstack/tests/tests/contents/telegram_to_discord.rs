use patchbay_domain::Platform::{Discord, Telegram};

use crate::telegram;
use crate::tour::tour;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "they are what is held")]
async fn every_kind_arrives() {
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
      post       "a caption" | audio/ogg "voice.ogg" 2000 bytes
      edit       "another caption" | audio/ogg "voice.ogg" 2000 bytes
      replace    "another caption" | audio/ogg "voice.ogg" 2000 bytes
      reply      "another caption" | audio/ogg "voice.ogg" 2000 bytes
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
      post       "big\n📎 [big.bin](https://t.me/c/1500000016/2) (10.1 MiB) is not here: Discord takes files of at most 10 MiB."
      reply      "big\n📎 [big.bin](https://t.me/c/1500000016/2) (10.1 MiB) is not here: Discord takes files of at most 10 MiB."
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
      edit       "first anew\nthird" | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes
      edit third "first anew\nthird anew" | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 2000 bytes
      replace    "first anew\nthird anew" | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 3000 bytes | image/jpeg "photo.jpg" 2000 bytes
      reply      "first anew\nthird anew" | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 3000 bytes | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete one "first anew" | image/jpeg "photo.jpg" 2000 bytes | image/jpeg "photo.jpg" 3000 bytes
                 "an answer" | re #1
      delete one "first anew" | image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
    mixed album
      post       "moving" | image/jpeg "photo.jpg" 2000 bytes | video/mp4 "video.mp4" 2000 bytes
      reply      "moving" | image/jpeg "photo.jpg" 2000 bytes | video/mp4 "video.mp4" 2000 bytes
                 "an answer" | re #1
      delete one image/jpeg "photo.jpg" 2000 bytes
                 "an answer" | re #1
      delete     "an answer" | re ?
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
