package moka.template.jinja.tree;

import java.util.List;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Namespace;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;

/** What {@code set} and {@code for} assign to. */
public sealed interface Target {
    void assign(Value value, Scope scope);

    /** A variable. @param name interned */
    record Variable(String name) implements Target {
        @Override
        public void assign(Value value, Scope scope) {
            scope.set(name, value);
        }
    }

    /** An attribute of a namespace. @param namespace interned */
    record Member(String namespace, String name) implements Target {
        @Override
        public void assign(Value value, Scope scope) {
            if (!(scope.find(namespace) instanceof Namespace owner)) {
                throw JinjaException.runtime("cannot assign attribute on non-namespace object");
            }
            scope.run().charge(4);
            owner.set(name, value);
        }
    }

    /** Several targets, one for each element. */
    record Several(List<Target> targets) implements Target {
        @Override
        public void assign(Value value, Scope scope) {
            if (!value.isIterable()) {
                throw JinjaException.type("cannot unpack non-iterable " + value.typeName() + " object");
            }
            if (value instanceof Undefined undefined && !targets.isEmpty()) {
                throw undefined.failure();
            }
            List<Value> elements = value.elements(scope.run());
            if (elements.size() != targets.size()) {
                throw JinjaException.value(
                        elements.size() > targets.size()
                                ? "too many values to unpack (expected " + targets.size() + ")"
                                : "not enough values to unpack (expected " + targets.size() + ", got " + elements.size() + ")");
            }
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(elements.get(i), scope);
            }
        }
    }
}
