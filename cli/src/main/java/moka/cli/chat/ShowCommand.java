package moka.cli.chat;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import moka.cli.render.Printable;
import moka.cli.render.Quantity;
import moka.engine.MemoryEstimate;
import moka.gguf.GgufTensor;
import moka.template.ChatTemplate;

/** {@code /show}: what the chat is, as text. */
final class ShowCommand {
    static final Map<String, String> SUBJECTS = subjects();

    private ShowCommand() {}

    private static Map<String, String> subjects() {
        Map<String, String> subjects = new LinkedHashMap<>();
        subjects.put("model", "the model and its file");
        subjects.put("parameters", "sampling and other settings");
        subjects.put("context", "how full the context is");
        subjects.put("system", "the system prompt");
        subjects.put("template", "the chat template");
        subjects.put("license", "the licence of the model");
        subjects.put("reasoning", "what the model thought before its last answer");
        subjects.put("prompt", "the conversation as the model sees it");
        return subjects;
    }

    static String of(ChatState state, String subject) {
        return switch (subject) {
            case "", "model", "info" -> model(state);
            case "parameters" -> parameters(state);
            case "context" -> context(state);
            case "license" -> state.model.file().metadata().string("general.license").map(Printable::text).orElse("the file names no licence");
            case "system" -> state.conversation.system().map(Printable::text).orElse("no system prompt");
            case "template" -> state.generation.chatTemplate().or(state.model::chatTemplate).map(ChatTemplate::source).map(Printable::text)
                    .orElse("the file has no chat template");
            case "reasoning" -> state.conversation.lastReasoning().map(Printable::text).orElse("the last answer has no reasoning");
            case "prompt" -> prompt(state);
            default -> "/show " + subject + ": expected one of " + String.join(", ", SUBJECTS.keySet());
        };
    }

    private static String model(ChatState state) {
        long parameters = state.model.file().tensors().stream().mapToLong(GgufTensor::elements).sum();
        return "file          " + Printable.line(state.modelName)
                + "\narchitecture  " + state.model.architecture() + ", " + Quantity.count(parameters) + " parameters, "
                + Quantity.bytes(state.model.file().sizeBytes())
                + "\ncontext       " + state.session.contextLength() + " tokens (the model was trained for " + state.model.contextLength() + ")"
                + "\nvocabulary    " + state.model.vocabularySize() + " tokens"
                + "\nkernels       " + state.model.kernels() + ", " + state.model.threads() + " threads";
    }

    private static String parameters(ChatState state) {
        return lines(SetCommand.current(state)).stripTrailing();
    }

    private static String lines(Map<String, String> values) {
        StringBuilder text = new StringBuilder();
        values.forEach((name, value) -> text.append(String.format("%-20s %s%n", name, value)));
        return text.toString();
    }

    private static String context(ChatState state) {
        int used = state.session.position();
        int length = state.session.contextLength();
        MemoryEstimate estimate = state.model.memoryEstimate(state.sessionOptions);
        return String.format(
                Locale.ROOT,
                "%d of %d tokens used (%.0f %%); cache %s now, %s when full; %s",
                used,
                length,
                100.0 * used / length,
                Quantity.bytes(state.session.cacheBytes()),
                Quantity.bytes(estimate.cacheBytes()),
                state.turns());
    }

    private static String prompt(ChatState state) {
        StringBuilder text = new StringBuilder();
        state.session.render(state.conversation.messages(), state.generation).forEach(segment -> text.append(segment.text()));
        return Printable.text(text.toString());
    }
}
