package moka.cli.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import moka.cli.terminal.CommandFailure;
import moka.template.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConversationTest {
    @TempDir
    Path folder;

    private static Conversation conversation() {
        Conversation conversation = new Conversation();
        conversation.system("Be brief.");
        conversation.addUser("one?");
        conversation.addAnswer("1", "");
        conversation.addUser("two?\n\"è\u001b");
        conversation.addAnswer("2", "because\n");
        return conversation;
    }

    @Test
    void forgetsTurnsFromTheEnd() {
        Conversation conversation = conversation();
        assertEquals(Optional.of("2"), conversation.lastAnswer());
        assertEquals(2, conversation.turnCount());
        assertEquals(Optional.of("two?\n\"è\u001b"), conversation.lastQuestion());
        conversation.removeLastTurn();
        assertEquals(Optional.of("1"), conversation.lastAnswer());
        conversation.clear();
        assertEquals(List.of(Message.system("Be brief.")), conversation.messages());
        assertTrue(conversation.lastQuestion().isEmpty());
        conversation.removeLastTurn();
        assertEquals(List.of(Message.system("Be brief.")), conversation.messages());
    }

    @Test
    void comesBackFromItsFileAsItWas() {
        Path file = folder.resolve("deep/down.jsonl");
        ConversationFile.write(file, "tiny.gguf", conversation().messages());
        ConversationFile.Content content = ConversationFile.read(file);
        assertEquals(Optional.of("tiny.gguf"), content.model());
        Conversation again = new Conversation();
        again.replace(content.messages());
        assertEquals(conversation().messages(), again.messages());
        assertEquals(Optional.of("Be brief."), again.system());
    }

    /** Who looks at any moment, as after the end of the process, finds the old one or the new one. */
    @Test
    void isThereAllTheTimeWhileItIsWrittenAgain() throws Exception {
        Path file = folder.resolve("kept.jsonl");
        ConversationFile.write(file, "tiny.gguf", conversation().messages());
        var done = new AtomicBoolean();
        var missing = new AtomicInteger();
        Thread reader = Thread.ofPlatform().start(() -> {
            while (!done.get()) {
                if (!Files.exists(file)) {
                    missing.incrementAndGet();
                }
            }
        });
        for (int i = 0; i < 300; i++) {
            ConversationFile.write(file, "tiny.gguf", conversation().messages());
        }
        done.set(true);
        reader.join();
        assertEquals(0, missing.get());
    }

    @Test
    void findsTheYoungestOrTheNamed() throws IOException {
        assertThrows(CommandFailure.class, () -> ConversationFile.find(folder, ""));
        for (String name : List.of("2026-01-02_a.jsonl", "2026-01-03_b.jsonl", "2026-01-01_c.jsonl", "history")) {
            Files.writeString(folder.resolve(name), "");
        }
        assertEquals(folder.resolve("2026-01-03_b.jsonl"), ConversationFile.find(folder, ""));
        assertEquals(folder.resolve("2026-01-01_c.jsonl"), ConversationFile.find(folder, "2026-01-01_c"));
        assertEquals(Path.of("elsewhere.jsonl"), ConversationFile.find(folder, "elsewhere.jsonl"));
    }

    @Test
    void listsTheYoungestWithTheirFirstQuestion() throws IOException {
        Conversation conversation = conversation();
        ConversationFile.write(folder.resolve("2026-01-01_a.jsonl"), "tiny.gguf", conversation.messages());
        conversation.removeLastTurn();
        ConversationFile.write(folder.resolve("2026-01-02_b.jsonl"), "tiny.gguf", conversation.messages());
        Files.writeString(folder.resolve("2026-01-03_damaged.jsonl"), "{");
        assertEquals(
                List.of(new SavedConversations.Saved("2026-01-02_b", 1, "one?"), new SavedConversations.Saved("2026-01-01_a", 2, "one?")),
                SavedConversations.latest(folder));
        assertEquals(List.of(), SavedConversations.latest(folder.resolve("missing")));
        assertEquals("2026-01-02_b  1 turn   on…\n2026-01-01_a  2 turns  on…", SavedConversations.list(folder, 26));
    }

    @Test
    void refusesFilesThatAreNoConversations() throws IOException {
        Path file = Files.writeString(folder.resolve("x.jsonl"), "{\"role\":\"user\",\"content\":\"a\"}\n{\"b\":1}\n");
        CommandFailure failure = assertThrows(CommandFailure.class, () -> ConversationFile.read(file));
        assertTrue(failure.getMessage().contains("line 2"), failure.getMessage());
    }
}
