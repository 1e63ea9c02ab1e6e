package moka.template.jinja;

import java.time.LocalDateTime;
import java.util.function.Supplier;
import moka.template.jinja.tree.Program;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.Limits;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;

/** A parsed template. Immutable: any number of threads may render it at once. */
public final class JinjaTemplate {
    private final Program program;

    private JinjaTemplate(Program program) {
        this.program = program;
    }

    /** @throws JinjaException of kind SYNTAX, with line and column, if the template is malformed */
    public static JinjaTemplate parse(String source) {
        var cursor = new Cursor(source);
        int measure = cursor.beginMeasure();
        var parser = new StatementParser(cursor);
        var body = parser.parse();
        return new JinjaTemplate(new Program(body, parser.blocks(), cursor.endMeasure(measure)));
    }

    /**
     * Renders the template.
     *
     * @param variables by name
     * @param inputSize characters and elements of the variables, which the limits grow with
     * @param now the time that {@code strftime_now} takes it to be
     * @throws JinjaException if the template fails, with the line of the statement
     */
    public Text render(Dict variables, long inputSize, Limits limits, Supplier<LocalDateTime> now) {
        var run = new Run(limits, inputSize, now);
        var out = new TextBuilder(run);
        try {
            program.execute(variables, run, out);
            return out.toText();
        } catch (JinjaException failure) {
            throw new JinjaException(failure.kind(), failure.getMessage(), run.line(), 0);
        } catch (StackOverflowError tooDeep) {
            // The depth limit is meant for usual stacks; a caller on a small one gets the same error.
            throw new JinjaException(JinjaException.Kind.LIMIT, "the template goes too deep for the stack of this thread", run.line(), 0);
        }
    }
}
