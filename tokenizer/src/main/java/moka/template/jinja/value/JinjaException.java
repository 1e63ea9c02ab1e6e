package moka.template.jinja.value;

/** A failure inside a template, named by the kind of Python exception that the reference raises there. */
public final class JinjaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The families of errors that templates can meet. */
    public enum Kind {
        /** The template is malformed: found when it is parsed. */
        SYNTAX,
        /** Something was done with a variable or attribute that is not there. */
        UNDEFINED,
        TYPE,
        VALUE,
        /** A subscript or key is missing where one is required. */
        INDEX,
        ZERO_DIVISION,
        /** The template reached for what templates must not touch. */
        SECURITY,
        /** The template called {@code raise_exception}; the message is its own. */
        RAISE,
        RUNTIME,
        /** A construct that needs other templates: {@code include}, {@code import}, {@code extends}. */
        UNSUPPORTED,
        /** The template used more steps, memory, depth or time than it may. */
        LIMIT
    }

    private final Kind kind;
    private final int line;
    private final int column;

    public JinjaException(Kind kind, String message) {
        this(kind, message, 0, 0);
    }

    /** @param line from 1, or 0 if unknown @param column from 1, or 0 if unknown */
    public JinjaException(Kind kind, String message, int line, int column) {
        super(message, null, false, false);
        this.kind = kind;
        this.line = line;
        this.column = column;
    }

    public static JinjaException type(String message) {
        return new JinjaException(Kind.TYPE, message);
    }

    public static JinjaException value(String message) {
        return new JinjaException(Kind.VALUE, message);
    }

    public static JinjaException runtime(String message) {
        return new JinjaException(Kind.RUNTIME, message);
    }

    public Kind kind() {
        return kind;
    }

    public int line() {
        return line;
    }

    public int column() {
        return column;
    }
}
