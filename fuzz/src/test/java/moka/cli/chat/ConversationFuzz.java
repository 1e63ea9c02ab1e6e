package moka.cli.chat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Failures;
import moka.fuzz.Refusal;

/** Files of conversations. */
class ConversationFuzz {
    @FuzzTest
    void conversation(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("moka-fuzz", ".jsonl");
        try {
            Files.write(file, bytes);
            ConversationFile.Content content = ConversationFile.read(file);
            var conversation = new Conversation();
            conversation.replace(content.messages());
            conversation.lastAnswer();
            conversation.removeLastTurn();
            ConversationFile.write(file, content.model().orElse(""), conversation.messages());
            ConversationFile.read(file);
        } catch (CommandFailure refusal) {
            Refusal.check(Failures.line(refusal));
        } finally {
            Files.delete(file);
        }
    }
}
