package moka.tokenizer;

/**
 * Cuts text into the pieces within which tokens are formed. Stateless: one instance serves all threads. Text is UTF-8 in which every
 * character {@linkplain Utf8#isDecodable can be decoded}; ranges end between characters. The time is linear in the length of the range.
 */
@FunctionalInterface
interface Splitter {
    /** Gives the pieces of {@code text[from, to)} in order; together they are the whole range. None is empty. */
    void split(byte[] text, int from, int to, Sink sink);

    /** Takes pieces. */
    @FunctionalInterface
    interface Sink {
        void piece(byte[] text, int from, int to);
    }

    /** Finds one piece after the other, without memory of those before. */
    @FunctionalInterface
    interface Rule {
        /** End of the piece that begins at {@code from}; greater than {@code from}, at most {@code to}. */
        int end(byte[] text, int from, int to);
    }

    /** Finds pieces that do not cover all of the text; what lies between two of them is a piece too. */
    @FunctionalInterface
    interface Match {
        /** End of the piece that begins at {@code from}, or {@code from} if none does: then found in constant time. */
        int end(byte[] text, int from, int to);
    }

    /** A splitter that asks a rule for each piece. */
    static Splitter of(Rule rule) {
        return (text, from, to, sink) -> {
            int at = from;
            while (at < to) {
                int end = rule.end(text, at, to);
                sink.piece(text, at, end);
                at = end;
            }
        };
    }

    /** A splitter that cuts matches out. */
    static Splitter ofMatches(Match match) {
        return (text, from, to, sink) -> {
            int gap = from;
            int at = from;
            while (at < to) {
                int end = match.end(text, at, to);
                if (end == at) {
                    at += Utf8.length(text[at]);
                    continue;
                }
                if (gap < at) {
                    sink.piece(text, gap, at);
                }
                sink.piece(text, at, end);
                at = end;
                gap = end;
            }
            if (gap < to) {
                sink.piece(text, gap, to);
            }
        };
    }

    /** Splits every piece of this splitter again. */
    default Splitter then(Splitter next) {
        return (text, from, to, sink) -> split(text, from, to, (t, f, e) -> next.split(t, f, e, sink));
    }
}
