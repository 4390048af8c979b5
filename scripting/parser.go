package scripting

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// Bounds of what a source may look like. Compilation cannot be interrupted and recurses, so they are checked while parsing.
const (
	maxSourceBytes = 4 << 20
	maxNesting     = 200  // Lua's own: blocks, expressions and functions within each other
	maxChain       = 1000 // operators, indexes, calls or elseif branches one after another
)

// parser is a recursive-descent parser of Lua 5.1 that builds gopher-lua's syntax tree. It stands in for gopher-lua's own
// parser because scripts expect Lua's words in syntax errors, because goto and :: are not Lua 5.1, and because this one
// bounds nesting and chains before anything walks the tree. Its errors are *SyntaxError panics.
type parser struct {
	lexer
	tok      token // current
	ahead    token // one further, when hasAhead
	hasAhead bool
	lastLine int // the line of the token before the current one
	depth    int
	fn       *parsedFunction
}

// parsedFunction is what the parser must know of the function it is in.
type parsedFunction struct {
	outer   *parsedFunction
	varargs bool
	loops   int
}

// parse turns a source into a syntax tree. The error is a *SyntaxError.
func parse(chunk string, src *source) (stmts []ast.Stmt, err error) {
	if len(src.text) > maxSourceBytes {
		return nil, &SyntaxError{Chunk: chunk, Line: 1, Message: "source is too long"}
	}
	defer func() {
		if r := recover(); r != nil {
			syntax, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			err = syntax
		}
	}()
	p := &parser{lexer: lexer{chunk: chunk, source: src, line: 1}, lastLine: 1}
	p.fn = &parsedFunction{varargs: true}
	p.has(1)
	p.advance()
	stmts = p.block()
	p.check(tokEOF)
	return stmts, nil
}

func (p *parser) advance() {
	p.lastLine = p.tok.line
	if p.hasAhead {
		p.lastLine = p.ahead.line // how far the source has been read, which is what Lua notes
		p.tok, p.hasAhead = p.ahead, false
		return
	}
	p.tok = p.next()
}

func (p *parser) lookahead() tokenKind {
	if !p.hasAhead {
		p.ahead, p.hasAhead = p.next(), true
	}
	return p.ahead.kind
}

// near is how the current token is shown in an error.
func (p *parser) near() string {
	switch {
	case p.tok.opening != "":
		return p.tok.opening + p.tok.text + p.tok.closing
	case p.tok.raw != "":
		return p.tok.raw
	}
	if p.tok.kind == 0 { // a zero byte, which Lua shows as no token at all
		return ""
	}
	return p.tok.kind.String()
}

func (p *parser) syntaxError(message string) { p.fail(message, p.near()) }

func (p *parser) tooComplex() { p.syntaxError("function or expression too complex") }

func (p *parser) check(kind tokenKind) {
	if p.tok.kind != kind {
		p.syntaxError("'" + kind.String() + "' expected")
	}
}

func (p *parser) expect(kind tokenKind) {
	p.check(kind)
	p.advance()
}

func (p *parser) accept(kind tokenKind) bool {
	if p.tok.kind != kind {
		return false
	}
	p.advance()
	return true
}

// expectMatch expects what closes something opened on a line.
func (p *parser) expectMatch(closing, opening tokenKind, line int) {
	if p.tok.kind != closing && line != p.line {
		p.syntaxError(fmt.Sprintf("'%s' expected (to close '%s' at line %d)", closing, opening, line))
	}
	p.expect(closing)
}

func (p *parser) name() string {
	p.check(tokName)
	name := p.tok.text
	p.advance()
	return name
}

func (p *parser) enter() {
	p.depth++
	if p.depth > maxNesting {
		p.fail("chunk has too many syntax levels", "")
	}
}

func (p *parser) leave() { p.depth-- }

// chain counts the links of a chain.
func (p *parser) chain(links *int) {
	*links++
	if *links > maxChain {
		p.tooComplex()
	}
}

func (p *parser) blockEnds() bool {
	switch p.tok.kind {
	case tokElse, tokElseif, tokEnd, tokEOF, tokUntil:
		return true
	}
	return false
}

func (p *parser) block() []ast.Stmt {
	p.enter()
	stmts := []ast.Stmt{}
	for last := false; !last && !p.blockEnds(); {
		last = p.tok.kind == tokReturn || p.tok.kind == tokBreak
		stmts = append(stmts, p.statement())
		p.accept(';')
	}
	p.leave()
	return stmts
}

func (p *parser) statement() ast.Stmt {
	line := p.tok.line
	var stmt ast.Stmt
	switch p.tok.kind {
	case tokIf:
		stmt = p.ifStmt(line)
	case tokWhile:
		stmt = p.whileStmt(line)
	case tokDo:
		p.advance()
		stmt = &ast.DoBlockStmt{Stmts: p.block()}
		p.expectMatch(tokEnd, tokDo, line)
	case tokFor:
		stmt = p.forStmt(line)
	case tokRepeat:
		stmt = p.repeatStmt(line)
	case tokFunction:
		stmt = p.functionStmt(line)
	case tokLocal:
		p.advance()
		if p.accept(tokFunction) {
			name := p.name()
			stmt = &ast.LocalAssignStmt{Names: []string{name}, Exprs: []ast.Expr{p.functionBody(p.tok.line)}}
		} else {
			stmt = p.localStmt()
		}
	case tokReturn:
		stmt = p.returnStmt()
	case tokBreak:
		p.advance()
		if p.fn.loops == 0 {
			p.syntaxError("no loop to break")
		}
		stmt = &ast.BreakStmt{}
	default:
		stmt = p.exprStmt()
	}
	if stmt.Line() == 0 {
		stmt.SetLine(line)
	}
	stmt.SetLastLine(p.lastLine)
	return stmt
}

func (p *parser) ifStmt(line int) ast.Stmt {
	first := &ast.IfStmt{}
	for current, branches := first, 0; ; {
		p.advance() // if or elseif
		current.Condition = p.expr()
		p.expect(tokThen)
		current.Then = p.block()
		if p.tok.kind != tokElseif {
			if p.accept(tokElse) {
				current.Else = p.block()
			}
			break
		}
		p.chain(&branches)
		next := &ast.IfStmt{}
		next.SetLine(p.tok.line)
		current.Else = []ast.Stmt{next}
		current = next
	}
	p.expectMatch(tokEnd, tokIf, line)
	return first
}

func (p *parser) loopBlock() []ast.Stmt {
	p.fn.loops++
	stmts := p.block()
	p.fn.loops--
	return stmts
}

func (p *parser) whileStmt(line int) ast.Stmt {
	p.advance()
	stmt := &ast.WhileStmt{Condition: p.expr()}
	p.expect(tokDo)
	stmt.Stmts = p.loopBlock()
	p.expectMatch(tokEnd, tokWhile, line)
	return stmt
}

func (p *parser) repeatStmt(line int) ast.Stmt {
	p.advance()
	stmt := &ast.RepeatStmt{Stmts: p.loopBlock()}
	p.expectMatch(tokUntil, tokRepeat, line)
	stmt.Condition = p.expr()
	return stmt
}

func (p *parser) forStmt(line int) ast.Stmt {
	p.advance()
	name := p.name()
	switch p.tok.kind {
	case '=':
		p.advance()
		stmt := &ast.NumberForStmt{Name: name, Init: p.expr()}
		p.expect(',')
		stmt.Limit = p.expr()
		if p.accept(',') {
			stmt.Step = p.expr()
		}
		p.expect(tokDo)
		stmt.Init.SetLastLine(p.lastLine) // where errors in the numbers come from
		stmt.Stmts = p.loopBlock()
		p.expectMatch(tokEnd, tokFor, line)
		return stmt
	case ',', tokIn:
		names := []string{name}
		for p.accept(',') {
			names = append(names, p.name())
		}
		p.expect(tokIn)
		stmt := &ast.GenericForStmt{Names: names}
		stmt.SetLine(p.tok.line) // where errors of the iterator come from
		stmt.Exprs = p.exprs()
		p.expect(tokDo)
		stmt.Stmts = p.loopBlock()
		p.expectMatch(tokEnd, tokFor, line)
		return stmt
	}
	p.syntaxError("'=' or 'in' expected")
	return nil
}

func (p *parser) functionStmt(line int) ast.Stmt {
	p.advance()
	name := &ast.FuncName{Func: p.ident()}
	links := 0
	for p.tok.kind == '.' {
		p.chain(&links)
		p.advance()
		name.Func = p.field(name.Func)
	}
	if p.accept(':') {
		name.Receiver, name.Func, name.Method = name.Func, nil, p.name()
	}
	return &ast.FuncDefStmt{Name: name, Func: p.functionBody(line)}
}

func (p *parser) localStmt() ast.Stmt {
	stmt := &ast.LocalAssignStmt{Names: []string{p.name()}, Exprs: []ast.Expr{}}
	for p.accept(',') {
		stmt.Names = append(stmt.Names, p.name())
	}
	if p.accept('=') {
		stmt.Exprs = p.exprs()
	}
	if len(stmt.Exprs) == 1 {
		if _, ok := stmt.Exprs[0].(*ast.FunctionExpr); ok {
			// Alone, a function would see its own name, as after local function; gopher-lua's tree does not tell them apart.
			null := &ast.NilExpr{}
			null.SetLine(p.lastLine)
			stmt.Exprs = append(stmt.Exprs, null)
		}
	}
	return stmt
}

func (p *parser) returnStmt() ast.Stmt {
	p.advance()
	stmt := &ast.ReturnStmt{}
	if !p.blockEnds() && p.tok.kind != ';' {
		stmt.Exprs = p.exprs()
	}
	return stmt
}

// exprStmt is a call or an assignment.
func (p *parser) exprStmt() ast.Stmt {
	first, assignable := p.primary()
	if call, ok := first.(*ast.FuncCallExpr); ok && !call.AdjustRet {
		return &ast.FuncCallStmt{Expr: call}
	}
	stmt := &ast.AssignStmt{Lhs: []ast.Expr{first}}
	for {
		if !assignable {
			p.syntaxError("syntax error")
		}
		if !p.accept(',') {
			break
		}
		if len(stmt.Lhs) >= maxNesting {
			p.fail("variables in assignment limit exceeded", "")
		}
		first, assignable = p.primary()
		stmt.Lhs = append(stmt.Lhs, first)
	}
	p.expect('=')
	stmt.Rhs = p.exprs()
	return stmt
}
