package moka.template.answer;

/**
 * A part of an answer between markers.
 *
 * @param open what begins it; empty for a call that an answer may begin with
 * @param close what ends it, empty if the answer's end or the end of its JSON does
 * @param kind what is inside
 */
record Section(String open, String close, Kind kind) {
    static final Section BARE_CALL = new Section("", "", Kind.CALLS);

    /** What is inside of a section. */
    enum Kind {
        /** What the model thinks. */
        REASONING,
        /** Calls in a notation that {@link CallBody} tells from its first letters. */
        CALLS,
        /** A name, a separator, JSON. */
        NAMED_CALL,
        /** Calls, or else Python code for the tool {@code python}. */
        CODE,
        /** Nothing: the marker alone, which is not shown. */
        MARKER
    }

    static Section reasoning(String open, String close) {
        return new Section(open, close, Kind.REASONING);
    }

    static Section calls(String open, String close) {
        return new Section(open, close, Kind.CALLS);
    }

    static Section named(String open, String close) {
        return new Section(open, close, Kind.NAMED_CALL);
    }

    static Section code(String open) {
        return new Section(open, "", Kind.CODE);
    }

    static Section marker(String text) {
        return new Section(text, "", Kind.MARKER);
    }

    /** Whether a model that forgot to end its reasoning ends it by this: markers that nobody writes by chance. */
    boolean endsReasoning() {
        return kind != Kind.REASONING && (open.indexOf('|') >= 0 || open.indexOf('｜') >= 0 || open.startsWith("["));
    }
}
