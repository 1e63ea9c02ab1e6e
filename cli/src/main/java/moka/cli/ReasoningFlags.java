package moka.cli;

import java.util.Locale;
import java.util.Map;
import moka.cli.terminal.CommandFailure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether the model reasons before it answers, and what becomes of that: llama.cpp's names. */
final class ReasoningFlags {
    @Option(names = {"-rea", "--reasoning"}, paramLabel = "on|off|auto", hidden = true, description = "Whether the model is asked to reason (default: auto, as its template does).")
    @Nullable String reasoning;

    @Option(names = "--think", hidden = true, description = "The same as --reasoning on.")
    boolean think;

    @Option(names = "--no-think", hidden = true, description = "The same as --reasoning off.")
    boolean noThink;

    @Option(names = "--reasoning-effort", paramLabel = "LEVEL", hidden = true, description = "How much, where the template asks: low, medium, high or default.")
    String effort = "default";

    @Option(names = "--reasoning-budget", paramLabel = "N", hidden = true, description = "0 is --reasoning off, -1 no limit (default).")
    int budget = -1;

    @Option(names = "--reasoning-format", paramLabel = "FORMAT", hidden = true, description = "none leaves reasoning in the text as the model writes it; auto (default) or deepseek takes it out.")
    String format = "auto";

    @Option(names = {"--hide-thinking", "--hidethinking"}, hidden = true, description = "Fold the model's reasoning away.")
    boolean hide;

    /** Whether reasoning is told apart from the answer. */
    boolean separate() {
        return switch (format.toLowerCase(Locale.ROOT)) {
            case "none" -> false;
            case "auto", "deepseek" -> true;
            default -> throw CommandFailure.usage("--reasoning-format '" + format + "', expected auto, deepseek or none");
        };
    }

    /** Adds what the chat template is told. */
    void addTo(Map<String, Object> variables) {
        if (budget != 0 && budget != -1) {
            throw CommandFailure.usage("--reasoning-budget " + budget + ", expected 0 (no reasoning) or -1 (no limit)");
        }
        if (think && (noThink || budget == 0)) {
            throw CommandFailure.usage("--think and --no-think exclude each other");
        }
        String asked = noThink || budget == 0 ? "off" : think ? "on" : reasoning == null ? "auto" : reasoning;
        addTo(variables, asked);
        if (!effort.equals("default")) {
            variables.put("reasoning_effort", effort);
        }
    }

    /** @param asked on, off or auto */
    static void addTo(Map<String, Object> variables, String asked) {
        switch (asked.toLowerCase(Locale.ROOT)) {
            case "on", "true", "1" -> variables.put("enable_thinking", true);
            case "off", "false", "0" -> variables.put("enable_thinking", false);
            case "auto", "-1" -> variables.remove("enable_thinking");
            default -> throw CommandFailure.usage("--reasoning '" + asked + "', expected on, off or auto");
        }
    }
}
