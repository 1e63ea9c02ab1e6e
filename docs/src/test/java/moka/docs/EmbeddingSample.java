package moka.docs;

import java.nio.file.Path;
import java.util.List;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.Session;
import moka.template.Message;

/** The sample of docs/embedding.md: what stands between the marks is shown there. */
final class EmbeddingSample {
    private EmbeddingSample() {}

    // begin
    static GenerationResult ask(Path file, String question) {
        try (Model model = Model.open(file);
                Session session = model.newSession()) {
            List<Message> conversation = List.of(Message.system("Answer briefly."), Message.user(question));
            GenerationOptions options = GenerationOptions.DEFAULT
                    .withSampling(model.samplingDefaults()) // what the file advises
                    .withTemperature(0) // the likeliest token each time
                    .withMaxTokens(256);
            // The listener is told whole characters as they come, on this thread.
            GenerationResult answer = session.generate(conversation, options, text -> System.out.print(text));
            System.out.printf(
                    "%n%s after %d tokens, %.1f tokens/s%n",
                    answer.stopReason(),
                    answer.timings().decodeTokens(),
                    answer.timings().decodeTokensPerSecond());
            return answer;
        }
    }
    // end
}
