package moka.template.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import moka.template.jinja.Token.Kind;
import moka.template.jinja.tree.CallBlock;
import moka.template.jinja.tree.Expression;
import moka.template.jinja.tree.Expression.Call;
import moka.template.jinja.tree.ForLoop;
import moka.template.jinja.tree.MacroDefinition;
import moka.template.jinja.tree.MacroDefinition.Signature;
import moka.template.jinja.tree.Statement;
import moka.template.jinja.tree.Statement.Body;
import moka.template.jinja.tree.Target;
import moka.template.jinja.value.JinjaException;
import org.jspecify.annotations.Nullable;

/** Statements: tags with their bodies, printed expressions and the text between. */
final class StatementParser {
    private final Cursor cursor;
    private final NamesInUse names = new NamesInUse();
    private final ExpressionParser expressions;
    private final TargetParser targets;
    private final Map<String, Statement.Block> blocks = new HashMap<>();
    /** Open tags, innermost last. */
    private final List<String> openTags = new ArrayList<>();
    /** Loops around the current statement that it can break. */
    private int loops;

    StatementParser(Cursor cursor) {
        this.cursor = cursor;
        this.expressions = new ExpressionParser(cursor, names);
        this.targets = new TargetParser(cursor, names, expressions);
    }

    /** The whole template. */
    Body parse() {
        Body body = parseUntil();
        names.check();
        return body;
    }

    /** Statements up to a tag of one of these names, or the end of the template for none; the cursor then stands at the name. */
    private Body parseUntil(String... ends) {
        var statements = new ArrayList<Statement>();
        cursor.enter();
        while (true) {
            Token token = cursor.take();
            switch (token.kind()) {
                case DATA -> statements.add(new Statement.Literal(token.text()));
                case PRINT_BEGIN -> {
                    statements.add(new Statement.Print(expressions.parseTuple(true), token.line()));
                    cursor.expect(Kind.PRINT_END);
                }
                case BLOCK_BEGIN -> {
                    if (isOneOf(cursor.current(), ends)) {
                        cursor.leave();
                        return new Body(List.copyOf(statements));
                    }
                    statements.add(parseTag(ends));
                }
                default -> {
                    if (ends.length > 0) {
                        throw cursor.error(
                                "Unexpected end of template. Jinja was looking for the following tags: " + listed(ends)
                                        + ". The innermost block that needs to be closed is '" + openTags.getLast() + "'.",
                                token);
                    }
                    cursor.leave();
                    return new Body(List.copyOf(statements));
                }
            }
        }
    }

    private static boolean isOneOf(Token token, String... names) {
        for (String name : names) {
            if (token.isName(name)) {
                return true;
            }
        }
        return false;
    }

    private static String listed(String... tags) {
        return "'" + String.join("' or '", tags) + "'";
    }

    /** The body of a tag up to its end tag, which is taken. */
    private Body parseBody(String end) {
        cursor.skip(":");
        cursor.expect(Kind.BLOCK_END);
        Body body = parseUntil(end);
        cursor.take();
        return body;
    }

    private Statement parseTag(String... ends) {
        Token tag = cursor.take();
        if (tag.kind() != Kind.NAME) {
            throw cursor.error("tag name expected", tag);
        }
        openTags.add(tag.text());
        boolean conditional = names.conditional(false);
        names.conditional(conditional && isTransparent(tag.text()));
        int line = tag.line();
        Statement statement = switch (tag.text()) {
            case "if" -> parseIf();
            case "for" -> parseFor(line);
            case "set" -> parseSet(line);
            case "macro" -> parseMacro(line);
            case "call" -> parseCall(line);
            case "filter" -> {
                var filters = filters(expressions.parseFilterCall());
                yield new Statement.FilterBlock(filters, parseBody("endfilter"), line);
            }
            case "generation" -> parseGeneration();
            case "with" -> parseWith(line);
            case "autoescape" -> {
                Expression on = expressions.parse();
                yield new Statement.Autoescape(on, parseBody("endautoescape"));
            }
            case "block" -> parseBlock(tag);
            case "print" -> parsePrint(line);
            case "break", "continue" -> {
                if (loops == 0) {
                    throw cursor.error("'" + tag.text() + "' outside loop", tag);
                }
                yield new Statement.Jump(tag.text().equals("break"));
            }
            case "include", "import", "from", "extends" -> {
                while (!cursor.at(Kind.BLOCK_END) && !cursor.at(Kind.END)) {
                    cursor.take();
                }
                yield new Statement.Unsupported(tag.text(), line);
            }
            default -> throw unknownTag(tag, ends);
        };
        openTags.removeLast();
        names.conditional(conditional);
        cursor.expect(Kind.BLOCK_END);
        return statement;
    }

    /** Tags that the reference compiles in the frame around them, where a condition still counts. */
    private static boolean isTransparent(String tag) {
        return switch (tag) {
            case "if", "set", "print", "break", "continue" -> true;
            default -> false;
        };
    }

    private JinjaException unknownTag(Token tag, String... ends) {
        openTags.removeLast();
        String message = "Encountered unknown tag '" + tag.text() + "'.";
        if (ends.length > 0) {
            message += " Jinja was looking for the following tags: " + listed(ends) + ".";
        }
        if (!openTags.isEmpty()) {
            message += " The innermost block that needs to be closed is '" + openTags.getLast() + "'.";
        }
        return cursor.error(message, tag);
    }

    private Statement parseIf() {
        var conditions = new ArrayList<Expression>();
        var bodies = new ArrayList<Body>();
        var lines = new ArrayList<Integer>();
        names.conditional(true);
        while (true) {
            lines.add(cursor.current().line());
            conditions.add(expressions.parseTuple(false));
            cursor.skip(":");
            cursor.expect(Kind.BLOCK_END);
            bodies.add(parseUntil("elif", "else", "endif"));
            Token end = cursor.take();
            if (end.isName("else")) {
                bodies.add(parseBody("endif"));
            }
            if (!end.isName("elif")) {
                return new Statement.Branch(conditions, bodies, lines);
            }
        }
    }

    private Statement parseFor(int line) {
        int measure = cursor.beginMeasure();
        Target target = targets.parseForTarget();
        cursor.expectName("in");
        Expression iterable = expressions.parseTuple(false);
        Expression condition = cursor.skipName("if") ? expressions.parse() : null;
        boolean recursive = cursor.skipName("recursive");
        cursor.skip(":");
        cursor.expect(Kind.BLOCK_END);
        loops++;
        Body body = parseUntil("endfor", "else");
        loops--;
        Body otherwise = cursor.take().isName("else") ? parseBody("endfor") : new Body(List.of());
        return new ForLoop(target, iterable, condition, recursive, body, otherwise, cursor.endMeasure(measure), line);
    }

    private Statement parseSet(int line) {
        Target target = targets.parseSetTarget();
        if (cursor.skip("=")) {
            return new Statement.Set(target, expressions.parseTuple(true), line);
        }
        var filters = cursor.skip("|") ? filters(expressions.parseFilterCall()) : List.<Statement.FilterCall>of();
        names.conditional(false);
        return new Statement.SetBlock(target, filters, parseBody("endset"), line);
    }

    private List<Statement.FilterCall> filters(Statement.FilterCall first) {
        var filters = new ArrayList<>(List.of(first));
        while (cursor.skip("|")) {
            filters.add(expressions.parseFilterCall());
        }
        return filters;
    }

    private Statement parseMacro(int line) {
        String name = targets.parseName();
        return parseMacro(name, "endmacro", line, null);
    }

    private Statement parseCall(int line) {
        var parameters = cursor.at("(") ? targets.parseParameters() : TargetParser.Parameters.NONE;
        Token begin = cursor.current();
        if (!(expressions.parse() instanceof Call call)) {
            throw cursor.error("expected call", begin);
        }
        return new CallBlock(parseMacro("", "endcall", line, parameters), call, line);
    }

    private MacroDefinition parseMacro(
            String name, String end, int line, TargetParser.@Nullable Parameters given) {
        int measure = cursor.beginMeasure();
        var parameters = given != null ? given : targets.parseParameters();
        var outer = names.special(new SpecialNames());
        int loopsAround = loops;
        loops = 0;
        Body body = parseBody(end);
        loops = loopsAround;
        SpecialNames read = names.special(outer);
        outer.addInner(read);
        boolean hasCaller = parameters.names().contains("caller");
        var signature = new Signature(
                parameters.names(),
                parameters.defaults(),
                read.readsCaller() && !hasCaller,
                read.readsVarargs() && !parameters.names().contains("varargs"),
                read.readsKwargs() && !parameters.names().contains("kwargs"));
        return new MacroDefinition(name, signature, body, cursor.endMeasure(measure), line);
    }

    /** The reference makes a function of the body, which no break can leave. */
    private Statement parseGeneration() {
        int loopsAround = loops;
        loops = 0;
        Body body = parseBody("endgeneration");
        loops = loopsAround;
        return new Statement.Scoped(body);
    }

    private Statement parseWith(int line) {
        var assigned = new ArrayList<Target>();
        var values = new ArrayList<Expression>();
        while (!cursor.at(Kind.BLOCK_END)) {
            if (!assigned.isEmpty()) {
                cursor.expect(",");
            }
            assigned.add(targets.parseSetTarget());
            cursor.expect("=");
            values.add(expressions.parse());
        }
        return new Statement.With(assigned, values, parseBody("endwith"), line);
    }

    private Statement parseBlock(Token tag) {
        String name = cursor.expect(Kind.NAME).text();
        boolean scoped = cursor.skipName("scoped");
        cursor.skipName("required");
        int loopsAround = loops;
        loops = 0;
        var block = new Statement.Block(name, scoped, parseBody("endblock"));
        loops = loopsAround;
        cursor.skipName(name);
        if (blocks.put(name, block) != null) {
            throw cursor.error("block '" + name + "' defined twice", tag);
        }
        return block;
    }

    private Statement parsePrint(int line) {
        var prints = new ArrayList<Statement>();
        while (!cursor.at(Kind.BLOCK_END)) {
            if (!prints.isEmpty()) {
                cursor.expect(",");
            }
            prints.add(new Statement.Print(expressions.parse(), line));
        }
        return new Statement.Scoped(new Body(prints));
    }

    Map<String, Statement.Block> blocks() {
        return blocks;
    }
}
