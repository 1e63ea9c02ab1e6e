package moka.cli.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.template.Message;

/** What was said: a system prompt, then turns of the user and the model. Not thread-safe. */
final class Conversation {
    private static final String REASONING = "reasoning_content";

    private Optional<String> system = Optional.empty();
    private final List<Message> turns = new ArrayList<>();

    /** Messages as the template takes them. */
    List<Message> messages() {
        List<Message> messages = new ArrayList<>();
        system.ifPresent(text -> messages.add(Message.system(text)));
        messages.addAll(turns);
        return messages;
    }

    Optional<String> system() {
        return system;
    }

    /** Sets the system prompt; an empty text is none. */
    void system(String text) {
        system = text.isBlank() ? Optional.empty() : Optional.of(text);
    }

    void addUser(String text) {
        turns.add(Message.user(text));
    }

    void addAnswer(String text, String reasoning) {
        turns.add(reasoning.isBlank() ? Message.assistant(text) : new Message("assistant", text, Map.of(REASONING, reasoning.strip())));
    }

    /** Takes messages of elsewhere; a system message at their head becomes the system prompt. */
    void replace(List<Message> messages) {
        turns.clear();
        system = Optional.empty();
        for (Message message : messages) {
            if (turns.isEmpty() && message.role().equals("system")) {
                system(message.content());
            } else {
                turns.add(message);
            }
        }
    }

    /** Forgets what was said; the system prompt stays. */
    void clear() {
        turns.clear();
    }

    boolean isEmpty() {
        return turns.isEmpty();
    }

    /** Questions asked. */
    int turnCount() {
        return (int) turns.stream().filter(Conversation::isQuestion).count();
    }

    /** What it began with. */
    Optional<String> firstQuestion() {
        return turns.stream().filter(Conversation::isQuestion).findFirst().map(Message::content);
    }

    /** The last question. */
    Optional<String> lastQuestion() {
        return turns.reversed().stream().filter(Conversation::isQuestion).findFirst().map(Message::content);
    }

    /** Takes the last question and what followed it away, if there is one. */
    void removeLastTurn() {
        for (int i = turns.size() - 1; i >= 0; i--) {
            if (isQuestion(turns.get(i))) {
                turns.subList(i, turns.size()).clear();
                return;
            }
        }
    }

    private static boolean isQuestion(Message message) {
        return message.role().equals("user");
    }

    /** What the model thought before its last answer. */
    Optional<String> lastReasoning() {
        return turns.reversed().stream()
                .filter(message -> message.role().equals("assistant"))
                .findFirst()
                .map(message -> message.fields().get(REASONING))
                .map(String::valueOf);
    }

    /** Whether the last question has been answered. */
    boolean endsWithAnswer() {
        return !turns.isEmpty() && turns.getLast().role().equals("assistant");
    }

    /** The last answer. */
    Optional<String> lastAnswer() {
        return turns.reversed().stream()
                .filter(message -> message.role().equals("assistant"))
                .map(Message::content)
                .findFirst();
    }
}
