package moka.cli.render;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Fenced blocks of code in Markdown. */
public final class CodeBlock {
    private static final Pattern FENCE = Pattern.compile(" {0,3}(`{3,}|~{3,})[^`]*");

    private CodeBlock() {}

    /** What stands in the first block; one that is not closed goes on to the end. */
    public static Optional<String> first(String markdown) {
        StringBuilder block = new StringBuilder();
        String fence = "";
        for (String line : markdown.lines().toList()) {
            Matcher matcher = FENCE.matcher(line);
            if (fence.isEmpty()) {
                fence = matcher.matches() ? matcher.group(1) : "";
            } else if (matcher.matches() && line.strip().startsWith(fence) && line.strip().equals(matcher.group(1))) {
                return Optional.of(block.toString());
            } else {
                block.append(line).append('\n');
            }
        }
        return fence.isEmpty() ? Optional.empty() : Optional.of(block.toString());
    }
}
