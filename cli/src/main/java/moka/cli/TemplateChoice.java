package moka.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.TextFiles;
import moka.template.ChatTemplate;
import moka.template.ChatTemplates;
import moka.template.TemplateOptions;

/** What {@code --chat-template} may say: a template's own text, a variant of the file, a built-in template, or a file. */
final class TemplateChoice {
    private TemplateChoice() {}

    /** @param ofModel templates of the model, or empty where there is none */
    static ChatTemplate of(String given, Optional<ChatTemplates> ofModel, TemplateOptions options) {
        if (given.contains("{")) {
            return ChatTemplate.parse("--chat-template", given, options);
        }
        return ofModel.flatMap(templates -> templates.named(given))
                .or(() -> ChatTemplates.builtIn(given, options))
                .or(() -> ofFile(given, options))
                .orElseThrow(() -> CommandFailure.failed("--chat-template '" + given + "': neither a file nor a built-in template ("
                        + String.join(", ", ChatTemplates.builtInNames()) + ")" + variants(ofModel)));
    }

    private static Optional<ChatTemplate> ofFile(String given, TemplateOptions options) {
        try {
            Path file = Path.of(given);
            return Files.isRegularFile(file)
                    ? Optional.of(ChatTemplate.parse(given, TextFiles.of(file), options))
                    : Optional.empty();
        } catch (InvalidPathException noPath) {
            return Optional.empty();
        }
    }

    private static String variants(Optional<ChatTemplates> ofModel) {
        return ofModel.filter(templates -> !templates.names().isEmpty())
                .map(templates -> " nor a variant of the model's (" + String.join(", ", templates.names()) + ")")
                .orElse("");
    }
}
