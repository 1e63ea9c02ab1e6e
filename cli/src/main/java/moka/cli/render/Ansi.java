package moka.cli.render;

/** Escape sequences for the style of text (ECMA-48, select graphic rendition). */
public final class Ansi {
    public static final String RESET = "\033[0m";
    public static final String BOLD = "\033[1m";
    public static final String DIM = "\033[2m";
    public static final String ITALIC = "\033[3m";
    public static final String GREEN = "\033[32m";
    public static final String YELLOW = "\033[33m";
    public static final String CYAN = "\033[36m";

    private Ansi() {}
}
