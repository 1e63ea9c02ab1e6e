package moka.template.jinja;

/**
 * A piece of a template's text.
 *
 * @param text the name, operator, digits or (escapes resolved) text
 * @param offset where it begins
 */
record Token(Kind kind, String text, int line, int offset) {
    /** Kinds of tokens, with the names that messages call them by. */
    enum Kind {
        DATA("template data"),
        BLOCK_BEGIN("begin of statement block"),
        BLOCK_END("end of statement block"),
        PRINT_BEGIN("begin of print statement"),
        PRINT_END("end of print statement"),
        NAME("name"),
        TEXT("string"),
        INTEGER("integer"),
        FLOAT("float"),
        OPERATOR("operator"),
        END("end of template");

        final String shown;

        Kind(String shown) {
            this.shown = shown;
        }
    }

    boolean is(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    /** How messages name this token. */
    String shown() {
        return kind == Kind.NAME || kind == Kind.OPERATOR ? text : kind.shown;
    }
}
