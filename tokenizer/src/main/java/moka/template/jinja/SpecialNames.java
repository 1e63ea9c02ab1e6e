package moka.template.jinja;

/** Which of the names that macros treat specially, {@code caller}, {@code varargs} and {@code kwargs}, a macro's body reads. */
final class SpecialNames {
    private static final int CALLER = 1;
    private static final int VARARGS = 2;
    private static final int KWARGS = 4;

    private int read;
    /** Set in the body before they were read. */
    private int hidden;

    private static int bit(String name) {
        return switch (name) {
            case "caller" -> CALLER;
            case "varargs" -> VARARGS;
            case "kwargs" -> KWARGS;
            default -> 0;
        };
    }

    void read(String name) {
        read |= bit(name) & ~hidden;
    }

    void set(String name) {
        hidden |= bit(name);
    }

    /** Adds what a macro inside of this one reads. */
    void addInner(SpecialNames inner) {
        read |= inner.read & ~hidden;
    }

    boolean readsCaller() {
        return (read & CALLER) != 0;
    }

    boolean readsVarargs() {
        return (read & VARARGS) != 0;
    }

    boolean readsKwargs() {
        return (read & KWARGS) != 0;
    }
}
