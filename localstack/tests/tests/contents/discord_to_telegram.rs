use patchbay_domain::Platform::{Discord, Telegram};

use crate::discord;
use crate::tour::tour;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "they are what is held")]
async fn every_kind_arrives() {
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
      post       "https://example.com/" | <text_link 0+20 https://example.com/>
      reply      "https://example.com/" | <text_link 0+20 https://example.com/>
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
