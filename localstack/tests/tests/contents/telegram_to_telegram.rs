use patchbay_domain::Platform::Telegram;

use crate::telegram;
use crate::tour::tour;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "they are what is held")]
async fn every_kind_arrives() {
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
      edit third "first anew" | photo 2000 bytes | in album
                 photo 2000 bytes | in album
                 "third anew" | photo 2000 bytes | in album
      replace    "first anew" | photo 2000 bytes | in album
                 photo 3000 bytes | in album
                 "third anew" | photo 2000 bytes | in album
      reply      "first anew" | photo 2000 bytes | in album
                 photo 3000 bytes | in album
                 "third anew" | photo 2000 bytes | in album
                 "an answer" | re #1
      delete one "first anew" | photo 2000 bytes | in album
                 photo 3000 bytes | in album
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
