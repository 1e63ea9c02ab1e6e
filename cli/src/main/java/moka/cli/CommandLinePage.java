package moka.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import moka.cli.chat.Chat;
import moka.cli.reference.MarkdownReference;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The text of {@code docs/cli.md}. */
final class CommandLinePage {
    private CommandLinePage() {}

    static String text(Commands commands) {
        return MarkdownReference.page(
                commands.references(List.of()), new LinkedHashMap<>(Chat.commandSummaries()), Chat.settingNames(samplingParameters()));
    }

    /** Names and descriptions of the sampling flags. */
    static Map<String, String> samplingParameters() {
        Map<String, String> parameters = new TreeMap<>();
        for (OptionSpec option : CommandSpec.forAnnotatedObject(new SamplingFlags()).options()) {
            for (String name : option.names()) {
                if (name.startsWith("--")) {
                    parameters.put(name.substring(2), String.join(" ", option.description()));
                }
            }
        }
        return parameters;
    }
}
