use patchbay_domain::Platform::Discord;

use crate::discord;
use crate::tour::tour;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_arrives() {
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
      post       "<https://example.com/>" | not previewed
      reply      "<https://example.com/>" | not previewed
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
