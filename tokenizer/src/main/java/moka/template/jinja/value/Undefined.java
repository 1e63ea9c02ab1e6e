package moka.template.jinja.value;

import java.util.List;
import moka.template.jinja.value.JinjaException.Kind;

/** What a missing variable or attribute evaluates to: prints as nothing, is false, and fails when it is used. */
public final class Undefined implements Value {
    private final Kind kind;
    private final String message;

    /** @param message what is said when the value is used */
    public Undefined(String message) {
        this(Kind.UNDEFINED, message);
    }

    private Undefined(Kind kind, String message) {
        this.kind = kind;
        this.message = message;
    }

    /** A name that nothing was given for. */
    public static Undefined variable(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    /** A missing attribute or element of a value. */
    public static Undefined member(Value owner, String name, boolean element) {
        if (owner == NoneValue.NONE) {
            return new Undefined("'None' has no attribute '" + name + "'");
        }
        return new Undefined(
                element
                        ? owner.typeName() + " object has no element " + name
                        : "'" + owner.typeName() + " object' has no attribute '" + name + "'");
    }

    /** An attribute that exists in Python but that templates must not reach. */
    public static Undefined unsafe(Value owner, String name) {
        return new Undefined(
                Kind.SECURITY, "access to attribute '" + name + "' of '" + owner.typeName() + "' object is unsafe.");
    }

    /** The exception for a use of this value. */
    public JinjaException failure() {
        return new JinjaException(kind, message);
    }

    @Override
    public String typeName() {
        return "Undefined";
    }

    @Override
    public boolean isTrue() {
        return false;
    }

    @Override
    public int length() {
        return 0;
    }

    @Override
    public List<Value> elements(Run run) {
        return List.of();
    }

    @Override
    public Value item(Value key, Run run) {
        throw failure();
    }

    @Override
    public Value slice(Slice slice, Run run) {
        throw failure();
    }

    @Override
    public Value attribute(String name, Run run) {
        throw failure();
    }

    @Override
    public void repr(TextBuilder out) {
        out.append("Undefined");
    }

    @Override
    public void print(TextBuilder out) {}
}
