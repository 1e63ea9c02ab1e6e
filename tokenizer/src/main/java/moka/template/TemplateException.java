package moka.template;

import moka.gguf.OneLine;

/** A template that is malformed, uses what is not supported, or refused the messages. One line, with line and column if known. */
public class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Characters of a message: what is longer is no message to a person. */
    private static final int LONGEST = 1000;

    /** What went wrong; the kinds up to {@link #RUNTIME} name the Python exception that the reference raises there. */
    public enum Kind {
        /** The template is malformed: found when it is parsed. */
        SYNTAX,
        /** The template used a variable or attribute that is not there. */
        UNDEFINED,
        TYPE,
        VALUE,
        INDEX,
        ZERO_DIVISION,
        /** The template reached for what templates must not touch. */
        SECURITY,
        /** The template refused the messages through {@code raise_exception}; the message is its own, if it has one. */
        RAISE,
        RUNTIME,
        /** The template needs other templates. */
        UNSUPPORTED,
        /** The template used more steps, memory, depth or time than it may. */
        LIMIT,
        /** What was handed to the template is no value that templates know, see {@link ChatTemplate}. */
        INPUT
    }

    private final Kind kind;
    private final String template;
    private final int line;
    private final int column;

    public TemplateException(String message) {
        this(Kind.RUNTIME, "", 0, 0, message);
    }

    /**
     * @param template the name of the template, empty if there is none
     * @param line from 1, or 0 if unknown
     * @param column from 1, or 0 if unknown
     * @param message the whole message, with the place in it; control characters become escapes, and what is longer than 1000 characters is cut
     */
    public TemplateException(Kind kind, String template, int line, int column, String message) {
        super(OneLine.of(message, LONGEST));
        this.kind = kind;
        this.template = template;
        this.line = line;
        this.column = column;
    }

    public Kind kind() {
        return kind;
    }

    /** The name of the template, empty if there is none. */
    public String template() {
        return template;
    }

    /** Line in the template, from 1; 0 if unknown. */
    public int line() {
        return line;
    }

    /** Column in the line, from 1, in code points; 0 if unknown. */
    public int column() {
        return column;
    }
}
