package moka.template.jinja.tree;

import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.tree.Statement.Body;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * {@code for target in iterable if condition}, with {@code else} and perhaps {@code recursive}.
 *
 * @param levels how deep the parts of the loop are nested, which a recursive call adds to the depth of the run
 */
public record ForLoop(
        Target target,
        Expression iterable,
        @Nullable Expression condition,
        boolean recursive,
        Body body,
        Body otherwise,
        int levels,
        int line)
        implements Statement {

    @Override
    public Flow execute(Scope scope, TextBuilder out) {
        scope.run().line(line);
        run(iterable.evaluate(scope), scope, 0, out);
        return Flow.NEXT;
    }

    /** Runs the loop over a value. @param depth how many recursive calls are around this one */
    void run(Value over, Scope scope, int depth, TextBuilder out) {
        Run run = scope.run();
        Value[] items = items(over, scope, run);
        run.charge(8L * items.length);
        Scope inner = scope.inner();
        var loop = new Loop(this, scope, items, depth);
        // The reference runs 'else' if no round came to its end, which break and continue prevent.
        boolean completed = false;
        for (int i = 0; i < items.length; i++) {
            run.step();
            inner.clear();
            inner.set("loop", loop);
            loop.advance(i);
            target.assign(items[i], inner);
            Flow flow = body.execute(inner, out);
            if (flow == Flow.BREAK) {
                break;
            }
            completed |= flow == Flow.NEXT;
        }
        run.refund(8L * items.length);
        if (!completed) {
            otherwise.execute(scope.inner(), out);
        }
    }

    private Value[] items(Value over, Scope scope, Run run) {
        List<Value> elements = over.elements(run);
        if (condition == null) {
            return elements.toArray(new Value[0]);
        }
        Scope inner = scope.inner();
        var kept = new ArrayList<Value>();
        for (Value element : elements) {
            run.step();
            inner.clear();
            inner.set("loop", Undefined.variable("loop"));
            target.assign(element, inner);
            if (condition.holds(inner)) {
                kept.add(element);
            }
        }
        return kept.toArray(new Value[0]);
    }
}
