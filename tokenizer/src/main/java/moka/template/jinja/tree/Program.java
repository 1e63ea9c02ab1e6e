package moka.template.jinja.tree;

import java.util.Map;
import moka.template.jinja.tree.Statement.Block;
import moka.template.jinja.tree.Statement.Body;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.Callable;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.ObjectValue;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * A whole template.
 *
 * @param blocks its named blocks
 * @param levels how deep it is nested
 */
public record Program(Body body, Map<String, Block> blocks, int levels) {
    /** Executes the template with variables, whose keys are texts. */
    public void execute(Dict variables, Run run, TextBuilder out) {
        var scope = new Scope(run);
        for (Dict.Entry variable : variables.entries()) {
            scope.set(((Text) variable.key()).chars().intern(), variable.value());
        }
        scope.set("self", new Self(this, scope));
        run.enter(levels);
        body.execute(scope, out);
    }

    /** The variable {@code self}, whose attributes are the blocks of the template. */
    private record Self(Program program, Scope root) implements ObjectValue {
        @Override
        public @Nullable Value attribute(String name, Run run) {
            Block block = program.blocks.get(name);
            return block == null ? null : new BlockCall(program, block, root);
        }

        @Override
        public String typeName() {
            return "jinja2.runtime.TemplateReference";
        }

        @Override
        public void repr(TextBuilder out) {
            out.append("<TemplateReference None>");
        }
    }

    /** A block as a function. */
    private record BlockCall(Program program, Block block, Scope root) implements Callable {
        @Override
        public Value call(Arguments arguments, Run run) {
            arguments.bind(block.name(), 0);
            run.enter(program.levels);
            Text text = block.body().capture(root.inner());
            run.leave(program.levels);
            return text;
        }

        @Override
        public String typeName() {
            return "jinja2.runtime.BlockReference";
        }
    }
}
