package scripting

import (
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

func (p *parser) ident() ast.Expr {
	expr := &ast.IdentExpr{}
	expr.SetLine(p.tok.line)
	expr.Value = p.name()
	return expr
}

// field is an index by the name that is the current token.
func (p *parser) field(object ast.Expr) ast.Expr {
	key := &ast.StringExpr{}
	key.SetLine(p.tok.line)
	key.Value = p.name()
	return p.index(object, key)
}

func (p *parser) index(object, key ast.Expr) ast.Expr {
	expr := &ast.AttrGetExpr{Object: object, Key: key}
	expr.SetLine(p.lastLine)
	return expr
}

// primary is a name or a parenthesis, with the indexes and calls after it. It tells whether one may assign to it.
func (p *parser) primary() (expr ast.Expr, assignable bool) {
	switch p.tok.kind {
	case tokName:
		expr, assignable = p.ident(), true
	case '(':
		line := p.tok.line
		p.advance()
		expr = single(p.expr())
		p.expectMatch(')', '(', line)
		p.lateRead(expr)
	default:
		p.syntaxError("unexpected symbol")
	}
	for links := 0; ; p.chain(&links) {
		switch p.tok.kind {
		case '.':
			p.advance()
			expr, assignable = p.field(expr), true
		case '[':
			p.advance()
			key := p.expr()
			p.expect(']')
			expr, assignable = p.index(expr, key), true
		case ':':
			p.advance()
			call := &ast.FuncCallExpr{Receiver: expr, Method: p.name()}
			call.SetLastLine(p.lastLine)
			expr, assignable = p.call(call), false
		case '(', tokString, '{':
			expr, assignable = p.call(&ast.FuncCallExpr{Func: expr}), false
		default:
			return expr, assignable
		}
	}
}

// single marks a parenthesised expression as giving one value.
func single(expr ast.Expr) ast.Expr {
	switch e := expr.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return expr
}

func (p *parser) call(call *ast.FuncCallExpr) ast.Expr {
	line := p.tok.line
	call.SetLine(line)
	call.Args = []ast.Expr{}
	switch p.tok.kind {
	case tokString, '{':
		call.Args = append(call.Args, p.simple())
	case '(':
		if line != p.lastLine {
			p.syntaxError("ambiguous syntax (function call x new statement)")
		}
		p.advance()
		if p.tok.kind != ')' {
			call.Args = p.exprs()
		}
		p.expectMatch(')', '(', line)
		if last := len(call.Args) - 1; last >= 0 {
			p.lateRead(call.Args[last])
		}
	default:
		p.syntaxError("function arguments expected")
	}
	return call
}

func (p *parser) exprs() []ast.Expr {
	exprs := []ast.Expr{p.expr()}
	for p.accept(',') {
		p.lateRead(exprs[len(exprs)-1])
		exprs = append(exprs, p.expr())
	}
	return exprs
}

func (p *parser) expr() ast.Expr { return p.subexpr(0) }

// Binding powers of binary operators, left and right; unary operators bind with 8.
func binding(kind tokenKind) (left, right int) {
	switch kind {
	case '^':
		return 10, 9
	case '*', '/', '%':
		return 7, 7
	case '+', '-':
		return 6, 6
	case tokConcat:
		return 5, 4
	case tokEq, tokNe, '<', '>', tokLe, tokGe:
		return 3, 3
	case tokAnd:
		return 2, 2
	case tokOr:
		return 1, 1
	}
	return 0, 0
}

func (p *parser) subexpr(limit int) ast.Expr {
	p.enter()
	expr := p.unary()
	for links := 0; ; p.chain(&links) {
		op := p.tok.kind
		left, right := binding(op)
		if left <= limit {
			break
		}
		p.advance()
		p.lateRead(expr)
		expr = binary(op, expr, p.subexpr(right))
		expr.SetLine(p.lastLine) // an operation happens where its last operand ends
	}
	p.leave()
	return expr
}

func (p *parser) unary() ast.Expr {
	var expr ast.Expr
	switch p.tok.kind {
	case tokNot:
		p.advance()
		expr = &ast.UnaryNotOpExpr{Expr: p.subexpr(8)}
	case '-':
		p.advance()
		expr = &ast.UnaryMinusOpExpr{Expr: p.subexpr(8)}
	case '#':
		p.advance()
		expr = &ast.UnaryLenOpExpr{Expr: p.subexpr(8)}
	default:
		return p.simple()
	}
	expr.SetLine(p.lastLine)
	return expr
}

func binary(op tokenKind, lhs, rhs ast.Expr) ast.Expr {
	switch op {
	case tokConcat:
		return &ast.StringConcatOpExpr{Lhs: lhs, Rhs: rhs}
	case tokAnd, tokOr:
		return &ast.LogicalOpExpr{Operator: op.String(), Lhs: lhs, Rhs: rhs}
	case tokEq, tokNe, tokLe, tokGe, '<', '>':
		return &ast.RelationalOpExpr{Operator: op.String(), Lhs: lhs, Rhs: rhs}
	}
	return &ast.ArithmeticOpExpr{Operator: op.String(), Lhs: lhs, Rhs: rhs}
}

// simple is a literal, a table, a function, or a primary expression.
func (p *parser) simple() ast.Expr {
	line := p.tok.line
	var expr ast.Expr
	switch p.tok.kind {
	case tokNumber:
		expr = numberExpr(p.tok.number)
	case tokString:
		expr = &ast.StringExpr{Value: p.tok.text}
	case tokNil:
		expr = &ast.NilExpr{}
	case tokTrue:
		expr = &ast.TrueExpr{}
	case tokFalse:
		expr = &ast.FalseExpr{}
	case tokDots:
		if !p.fn.varargs {
			p.syntaxError("cannot use '...' outside a vararg function")
		}
		line = p.lastLine
		expr = &ast.Comma3Expr{}
	case '{':
		return p.table()
	case tokFunction:
		p.advance()
		return p.functionBody(p.tok.line)
	default:
		expr, _ = p.primary()
		return expr
	}
	expr.SetLine(line)
	p.advance()
	return expr
}

// numberExpr spells a number in the way gopher-lua's compiler reads it back exactly.
func numberExpr(f float64) *ast.NumberExpr {
	return &ast.NumberExpr{Value: strconv.FormatFloat(f, 'g', -1, 64)}
}

func (p *parser) table() ast.Expr {
	line := p.tok.line
	table := &ast.TableExpr{Fields: []*ast.Field{}}
	table.SetLine(line)
	p.expect('{')
	for p.tok.kind != '}' {
		field := p.tableField()
		table.Fields = append(table.Fields, field)
		if !p.accept(',') && !p.accept(';') {
			break
		}
		p.lateItem(field)
	}
	p.expectMatch('}', '{', line)
	table.SetLastLine(p.lastLine)
	if last := len(table.Fields) - 1; last >= 0 {
		p.lateItem(table.Fields[last])
	}
	return table
}

// lateRead has a value that is read by name, or is a literal, be read at the
// token before the current one. Lua makes code of these only when it must: for
// an operand that is after the operator, for an item or argument after the
// comma or what closes the list.
func (p *parser) lateRead(expr ast.Expr) {
	switch expr.(type) {
	case *ast.NumberExpr, *ast.StringExpr, *ast.NilExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.IdentExpr, *ast.AttrGetExpr:
		expr.SetLine(p.lastLine)
	}
}

func (p *parser) lateItem(field *ast.Field) {
	if field.Key == nil {
		p.lateRead(field.Value)
	}
}

func (p *parser) tableField() *ast.Field {
	line := p.tok.line
	switch {
	case p.tok.kind == '[':
		p.advance()
		key := p.expr()
		p.expect(']')
		p.expect('=')
		return p.fieldValue(key)
	case p.tok.kind == tokName && p.lookahead() == '=':
		key := &ast.StringExpr{Value: p.name()}
		key.SetLine(line)
		p.advance()
		return p.fieldValue(key)
	}
	return &ast.Field{Value: p.expr()}
}

func (p *parser) fieldValue(key ast.Expr) *ast.Field {
	value := p.expr()
	if call, ok := value.(*ast.FuncCallExpr); !ok || call.Receiver == nil { // whose last line is the method's name
		value.SetLastLine(p.lastLine)
	}
	return &ast.Field{Key: key, Value: value}
}

// functionBody is everything after the word function and the name. The compiler itself adds self to a method's parameters.
func (p *parser) functionBody(line int) *ast.FunctionExpr {
	p.fn = &parsedFunction{outer: p.fn}
	params := &ast.ParList{Names: []string{}}
	p.expect('(')
	for more := p.tok.kind != ')'; more; more = p.accept(',') {
		switch p.tok.kind {
		case tokName:
			params.Names = append(params.Names, p.name())
			continue
		case tokDots:
			p.advance()
			params.HasVargs, p.fn.varargs = true, true
		default:
			p.syntaxError("<name> or '...' expected")
		}
		break
	}
	p.expect(')')
	body := &ast.FunctionExpr{ParList: params, Stmts: p.block()}
	body.SetLine(line)
	body.SetLastLine(p.tok.line)
	p.expectMatch(tokEnd, tokFunction, line)
	p.fn = p.fn.outer
	return body
}
