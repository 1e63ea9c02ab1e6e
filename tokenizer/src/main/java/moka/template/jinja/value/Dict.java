package moka.template.jinja.value;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A dict: keys keep their order; {@code 1}, {@code 1.0} and {@code true} are the same key. */
public final class Dict implements Value {
    /** A key as it was written first, and its value. */
    public record Entry(Value key, Value value) {}

    private final LinkedHashMap<Object, Entry> entries = new LinkedHashMap<>();
    /** Whether the template made this dict and may change it. */
    private final boolean own;

    private Dict(boolean own) {
        this.own = own;
    }

    /** An empty dict of the template's. */
    public static Dict own() {
        return new Dict(true);
    }

    /** An empty dict to hold what the caller gives, which no template may change. */
    public static Dict given() {
        return new Dict(false);
    }

    /** Whether the template made it, and may change it. */
    public boolean isOwn() {
        return own;
    }

    /** Sets a value; for the one who makes the dict. */
    public void put(Value key, Value value) {
        Object hashed = Keys.of(key);
        Entry before = entries.get(hashed);
        entries.put(hashed, new Entry(before == null ? key : before.key, value));
    }

    /** A value, or null where there is no such key. @throws JinjaException if the key cannot be one: a list, a dict */
    public @Nullable Value get(Value key) {
        Entry entry = entries.get(Keys.of(key));
        return entry == null ? null : entry.value;
    }

    public @Nullable Value get(String key) {
        Entry entry = entries.get(key);
        return entry == null ? null : entry.value;
    }

    /** Takes a value out; null where there is none. Only for dicts of the template's own. */
    public @Nullable Value remove(Value key) {
        Entry entry = entries.remove(Keys.of(key));
        return entry == null ? null : entry.value;
    }

    public void clear() {
        entries.clear();
    }

    public Collection<Entry> entries() {
        return entries.values();
    }

    /** Puts all entries of another dict into this one. */
    public void putAll(Dict other, Run run) {
        run.charge(16L * other.length());
        for (Entry entry : other.entries()) {
            put(entry.key, entry.value);
        }
    }

    @Override
    public List<Value> elements(Run run) {
        run.steps(entries.size());
        var keys = new ArrayList<Value>(entries.size());
        for (Entry entry : entries.values()) {
            keys.add(entry.key);
        }
        return keys;
    }

    @Override
    public String typeName() {
        return "dict";
    }

    @Override
    public boolean isTrue() {
        return !entries.isEmpty();
    }

    @Override
    public int length() {
        return entries.size();
    }

    @Override
    public @Nullable Value item(Value key, Run run) {
        return key instanceof Text text ? get(text.chars()) : Keys.isHashable(key) ? get(key) : null;
    }

    @Override
    public Value slice(Slice slice, Run run) {
        throw JinjaException.type("unhashable type: 'slice'");
    }

    @Override
    public void repr(TextBuilder out) {
        int begin = out.length();
        out.run().enter(1);
        String separator = "{";
        for (Entry entry : entries.values()) {
            out.append(separator);
            entry.key.repr(out);
            out.append(": ");
            entry.value.repr(out);
            separator = ", ";
        }
        out.append(entries.isEmpty() ? "{}" : "}");
        out.run().leave(1);
        out.spreadDistrustFrom(begin);
    }
}
