package moka.template.jinja.value;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A value of the template language, with the behaviour of the Python type it stands for. */
public sealed interface Value
        permits NoneValue,
                Undefined,
                BooleanValue,
                IntegerValue,
                FloatValue,
                Text,
                Bytes,
                Sequence,
                Dict,
                DictView,
                RangeValue,
                Generator,
                Namespace,
                ObjectValue {

    /** The name of the Python type, for messages. */
    String typeName();

    boolean isTrue();

    /** Writes the value as {@code repr()} does. */
    void repr(TextBuilder out);

    /** Writes the value as {@code str()} does, which is how it is printed. */
    default void print(TextBuilder out) {
        repr(out);
    }

    /** Number of elements. @throws JinjaException if values of this type have none */
    default int length() {
        throw JinjaException.type("object of type '" + typeName() + "' has no len()");
    }

    /** Whether {@link #elements} works. */
    default boolean isIterable() {
        return true;
    }

    /** The elements that a loop over the value visits; may be a view. @throws JinjaException if it cannot be looped over */
    default List<Value> elements(Run run) {
        throw JinjaException.type("'" + typeName() + "' object is not iterable");
    }

    /** The element under a key, or null where Python's {@code value[key]} fails. */
    default @Nullable Value item(Value key, Run run) {
        return null;
    }

    /** A slice. @throws JinjaException if the value has none */
    default Value slice(Slice slice, Run run) {
        throw JinjaException.type("'" + typeName() + "' object is not subscriptable");
    }

    /** A data attribute (methods are found by {@code Methods}), or null if there is none. */
    default @Nullable Value attribute(String name, Run run) {
        return null;
    }

    /** The value printed to a text. */
    default Text text(Run run) {
        if (this instanceof Text text) {
            return text;
        }
        var out = new TextBuilder(run);
        print(out);
        return out.toText();
    }
}
