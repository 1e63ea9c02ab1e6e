package moka.template.jinja.value;

import org.jspecify.annotations.Nullable;

/** {@code value.name} and {@code value[key]} as the sandbox of the reference looks them up. */
public final class Members {
    private Members() {}

    /** {@code value.name}: a method or attribute, else the element of that name, else undefined. */
    public static Value attribute(Value owner, String name, Run run) {
        run.step();
        if (owner instanceof Dict dict && !name.startsWith("__")) {
            // The common case: most attributes in templates are keys of messages.
            Value method = Methods.find(dict, name);
            Value value = method == null ? dict.get(name) : method;
            return value == null ? Undefined.member(owner, name, false) : value;
        }
        Value found = safeAttribute(owner, name, run);
        if (found == null) {
            found = owner.item(Text.trusted(name), run);
        }
        return found == null ? Undefined.member(owner, name, false) : found;
    }

    /** {@code value[key]}: an element, else the attribute that the key names, else undefined. */
    public static Value item(Value owner, Value key, Run run) {
        run.step();
        Value found = owner.item(key, run);
        if (found == null && key instanceof Text name) {
            found = safeAttribute(owner, name.chars(), run);
        }
        if (found == null) {
            boolean element = !(key instanceof Text);
            found = Undefined.member(owner, element ? shown(key, run) : ((Text) key).chars(), element);
        }
        return found;
    }

    private static String shown(Value key, Run run) {
        return key instanceof IntegerValue integer && integer.isLong() ? integer.digits() : "of type " + key.typeName();
    }

    /** A method or attribute, never an element: the {@code attr} filter. */
    public static Value attributeOnly(Value owner, String name, Run run) {
        Value found = owner instanceof Namespace ? null : safeAttribute(owner, name, run);
        return found == null ? Undefined.member(owner, name, false) : found;
    }

    private static @Nullable Value safeAttribute(Value owner, String name, Run run) {
        if (name.startsWith("__") && name.endsWith("__") && !(owner instanceof Undefined)) {
            return Undefined.unsafe(owner, name);
        }
        Value method = Methods.find(owner, name);
        return method != null ? method : owner.attribute(name, run);
    }
}
