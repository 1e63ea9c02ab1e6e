package moka.cli;

import picocli.CommandLine.Option;

/** What is done to a prompt before the model sees it: llama.cpp's names. */
final class PromptShape {
    @Option(names = {"-e", "--escape"}, hidden = true, description = "Read backslash sequences in -p (n, r, t, quotes) as what they stand for.")
    boolean escape;

    @Option(names = "--in-prefix", paramLabel = "TEXT", hidden = true, description = "Put this before the prompt.")
    String prefix = "";

    @Option(names = "--in-suffix", paramLabel = "TEXT", hidden = true, description = "Put this behind the prompt.")
    String suffix = "";

    /** Reads the escapes of what stands behind -p; files are taken as they are. */
    void applyTo(TextOptions text) {
        if (escape && text.text != null) {
            text.text = unescaped(text.text);
        }
    }

    String around(String prompt) {
        return prefix + prompt + suffix;
    }

    /** Each backslash sequence becomes what it stands for; one that means nothing stays. */
    static String unescaped(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int which = c == '\\' && i + 1 < text.length() ? "nrt'\"\\".indexOf(text.charAt(i + 1)) : -1;
            out.append(which < 0 ? c : "\n\r\t'\"\\".charAt(which));
            i += which < 0 ? 0 : 1;
        }
        return out.toString();
    }
}
