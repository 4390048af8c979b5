package scripting

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// Names of the builtins that lowering calls. They are locals of a function around the script, so every use is an upvalue:
// no script can spell them, see them or replace them.
const (
	builtinConcat      = "(concat)"       // a..b..c
	builtinConcatTable = "(concat table)" // the same for long chains, whose operands come in a table, with their count before it
	builtinFor         = "(for numbers)"  // the three numbers of a numeric for
	builtinKey         = "(key)"          // a key about to be stored under
	builtinTable       = "(table)"        // an empty table, made once in a run
	builtinAppend      = "(append)"       // t[#t+1] = value, or a..b..c

	boundPrefix = "(=" // a frozen global, as in (=string.sub)
)

const (
	maxConcatRegisters = 50  // operands a concatenation may hold in registers
	maxBound           = 120 // frozen globals one chunk may hold as upvalues
	maxUpvalues        = 60  // of a script's own per function, as in Lua
	maxLocals          = 200 // per function, as in Lua
	maxCompileWork     = 200_000_000
	smallKey           = 1024 // storing under integers up to this one needs no look at memory
)

// lowering adjusts a syntax tree so that gopher-lua's VM does what Lua 5.1 does:
//
//   - concatenation becomes one call, which formats numbers as Lua does and accounts for memory;
//   - the numbers of a numeric for are coerced from strings;
//   - keys that could make a table's array part jump in size go through a memory check;
//   - names of frozen globals (string.sub, redis.call) become upvalues, as they cannot change;
//   - t[#t+1] = value becomes one call, where the value is at hand;
//   - where tables of earlier runs are used again, {} outside of loops and functions takes one of these.
//
// It also counts the steps of finding names, the one part of compiling that is not linear, and refuses what would take long.
type lowering struct {
	chunk    string
	bindings bindings
	fn       *loweredFunction
	locals   []*localVariable // all that are visible, of all functions around, innermost last
	loop     int              // nesting of loops
	used     map[string]struct{}
	builtins []string // names used, in order
	bound    int
	work     int
	stores   []loopStore
}

type loweredFunction struct {
	outer    *loweredFunction
	line     int
	base     int // where its locals start
	usesDots bool
	upvalues map[*localVariable]struct{}
}

type localVariable struct {
	name     string
	fn       *loweredFunction
	loop     int
	counter  bool // of a numeric for that starts small and goes up by one
	assigned bool
}

// loopStore is table[counter] = value: free of the memory check if neither variable turns out to be assigned to.
type loopStore struct {
	table, counter *localVariable
	target         *ast.AttrGetExpr
	call           ast.Expr
}

// lower adjusts stmts in place. It gives the function they are the body of, and the names of the builtins that this finds as
// variables around it. The panics that end it are *SyntaxError.
func lower(chunk string, stmts []ast.Stmt, bind bindings) (main *ast.FunctionExpr, builtins []string) {
	l := &lowering{chunk: chunk, bindings: bind, used: map[string]struct{}{}}
	main = &ast.FunctionExpr{ParList: &ast.ParList{Names: []string{}}, Stmts: stmts}
	if len(stmts) > 0 {
		main.SetLastLine(stmts[len(stmts)-1].LastLine())
	}
	l.enterFunction(main, false)
	l.stmts(stmts)
	for _, s := range l.stores {
		if s.table.assigned || s.counter.assigned {
			s.target.Key = s.call
		}
	}
	main.ParList.HasVargs = l.fn.usesDots
	return main, l.builtins
}

func (l *lowering) fail(line int, message string) {
	panic(&SyntaxError{Chunk: l.chunk, Line: line, Message: message})
}

func (l *lowering) charge(line, work int) {
	l.work += work
	if l.work > maxCompileWork {
		l.fail(line, "function or expression too complex")
	}
}

// limited words Lua's complaint about too many of something in the current function.
func (l *lowering) limited(line int, what string) {
	if l.fn.outer == nil {
		l.fail(line, "main function has more than "+what)
	}
	l.fail(line, "function at line "+formatNumber(float64(l.fn.line))+" has more than "+what)
}

func (l *lowering) enterFunction(f *ast.FunctionExpr, method bool) {
	l.fn = &loweredFunction{
		outer: l.fn, line: f.Line(), base: len(l.locals), upvalues: map[*localVariable]struct{}{},
	}
	if method {
		l.declare(f.Line(), "self")
	}
	for _, name := range f.ParList.Names {
		l.declare(f.Line(), name)
	}
	if f.ParList.HasVargs {
		l.declare(f.Line(), "arg")
	}
}

func (l *lowering) leaveFunction() {
	l.locals = l.locals[:l.fn.base]
	l.fn = l.fn.outer
}

func (l *lowering) declare(line int, name string) *localVariable {
	if len(l.locals)-l.fn.base >= maxLocals {
		l.limited(line, "200 local variables")
	}
	v := &localVariable{name: name, fn: l.fn, loop: l.loop}
	l.locals = append(l.locals, v)
	return v
}

// resolve finds the local variable a name means, or nil for a global.
func (l *lowering) resolve(line int, name string) *localVariable {
	for i := len(l.locals) - 1; i >= 0; i-- {
		if v := l.locals[i]; v.name == name {
			l.charge(line, len(l.locals)-i)
			l.capture(line, v)
			return v
		}
	}
	l.charge(line, len(l.locals))
	return nil
}

func (l *lowering) capture(line int, v *localVariable) {
	for fn := l.fn; fn != v.fn; fn = fn.outer {
		fn.upvalues[v] = struct{}{}
		if len(fn.upvalues) > maxUpvalues {
			l.limited(line, "60 upvalues")
		}
	}
}

// builtin is a reference to a hidden builtin.
func (l *lowering) builtin(name string, line int) ast.Expr {
	if _, ok := l.used[name]; !ok {
		l.used[name] = struct{}{}
		l.builtins = append(l.builtins, name)
	}
	l.charge(line, len(l.locals))
	ident := &ast.IdentExpr{Value: name}
	ident.SetLine(line)
	return ident
}

// bind is a reference to a frozen global, or nil if the path names none.
func (l *lowering) bind(path string, line int) ast.Expr {
	if _, ok := l.bindings.paths[path]; !ok || l.bindings.inner && l.fn.outer == nil {
		return nil
	}
	name := boundPrefix + path + ")"
	if _, ok := l.used[name]; !ok {
		if l.bound == maxBound {
			return nil
		}
		l.bound++
	}
	return l.builtin(name, line)
}

// call is a call of a builtin, which is fetched where its first argument is.
func (l *lowering) call(name string, line int, args ...ast.Expr) ast.Expr {
	at := line
	if len(args) > 0 {
		at = args[0].Line()
	}
	call := &ast.FuncCallExpr{Func: l.builtin(name, at), Args: args, AdjustRet: true}
	call.SetLine(line)
	return call
}

func (l *lowering) block(stmts []ast.Stmt) {
	l.scope(func() { l.stmts(stmts) })
}

func (l *lowering) scope(body func()) {
	visible := len(l.locals)
	body()
	l.locals = l.locals[:visible]
}

func (l *lowering) stmts(stmts []ast.Stmt) {
	for i, stmt := range stmts {
		if s, ok := stmt.(*ast.AssignStmt); ok {
			stmts[i] = l.assign(s)
			continue
		}
		l.stmt(stmt)
	}
}

func (l *lowering) stmt(stmt ast.Stmt) {
	switch s := stmt.(type) {
	case *ast.LocalAssignStmt:
		l.local(s)
	case *ast.FuncCallStmt:
		s.Expr = l.expr(s.Expr)
	case *ast.DoBlockStmt:
		l.block(s.Stmts)
	case *ast.WhileStmt:
		s.Condition = l.expr(s.Condition)
		l.loop++
		l.block(s.Stmts)
		l.loop--
	case *ast.RepeatStmt:
		l.loop++
		l.scope(func() {
			l.stmts(s.Stmts)
			s.Condition = l.expr(s.Condition)
		})
		l.loop--
	case *ast.IfStmt:
		s.Condition = l.expr(s.Condition)
		l.block(s.Then)
		l.block(s.Else)
	case *ast.NumberForStmt:
		l.numericFor(s)
	case *ast.GenericForStmt:
		l.genericFor(s)
	case *ast.FuncDefStmt:
		l.functionStmt(s)
	case *ast.ReturnStmt:
		l.exprs(s.Exprs)
	}
}

func (l *lowering) local(s *ast.LocalAssignStmt) {
	if len(s.Exprs) == 1 && len(s.Names) == 1 { // local function: its name is visible inside
		if f, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			l.declare(s.Line(), s.Names[0])
			l.function(f, false)
			return
		}
	}
	l.exprs(s.Exprs)
	for _, name := range s.Names {
		l.declare(s.Line(), name)
	}
}

func (l *lowering) functionStmt(s *ast.FuncDefStmt) {
	if s.Name.Func == nil {
		s.Name.Receiver = l.expr(s.Name.Receiver)
		l.function(s.Func, true)
		return
	}
	s.Name.Func = l.target(s.Name.Func)
	l.function(s.Func, false)
}

func (l *lowering) assign(s *ast.AssignStmt) ast.Stmt {
	table := l.appends(s)
	for i, target := range s.Lhs {
		s.Lhs[i] = l.target(target)
	}
	l.exprs(s.Rhs)
	if table == nil {
		return s
	}
	return l.append(s, table)
}

// appends gives the table of a statement t[#t+1] = value, whose name is a local variable; nil for others.
func (l *lowering) appends(s *ast.AssignStmt) ast.Expr {
	if len(s.Lhs) != 1 || len(s.Rhs) != 1 {
		return nil
	}
	target, ok := s.Lhs[0].(*ast.AttrGetExpr)
	if !ok || l.visible(target.Object) == nil {
		return nil
	}
	sum, ok := target.Key.(*ast.ArithmeticOpExpr)
	if !ok || sum.Operator != "+" || !isSizeOf(sum.Lhs, target.Object) {
		return nil
	}
	if one, ok := sum.Rhs.(*ast.NumberExpr); !ok || one.Value != "1" {
		return nil
	}
	return target.Object
}

// append turns a lowered t[#t+1] = value into one call, with the statement as it is for when the call says that it
// did nothing. The value must take no steps to find, so that it matters to nobody if they are taken twice.
func (l *lowering) append(s *ast.AssignStmt, table ast.Expr) ast.Stmt {
	operands := []ast.Expr{s.Rhs[0]}
	if call, ok := s.Rhs[0].(*ast.FuncCallExpr); ok {
		if ident, ok := call.Func.(*ast.IdentExpr); !ok || ident.Value != builtinConcat {
			return s
		}
		operands = call.Args
	}
	for _, operand := range operands {
		switch operand.(type) {
		case *ast.NumberExpr, *ast.StringExpr, *ast.TrueExpr, *ast.FalseExpr:
		default:
			if l.visible(operand) == nil {
				return s
			}
		}
	}
	line := s.Lhs[0].Line()
	done := &ast.IfStmt{Condition: l.call(builtinAppend, line, append([]ast.Expr{table}, operands...)...), Else: []ast.Stmt{s}}
	done.SetLine(line)
	done.SetLastLine(s.LastLine())
	return done
}

// target lowers what is assigned to.
func (l *lowering) target(expr ast.Expr) ast.Expr {
	switch e := expr.(type) {
	case *ast.IdentExpr:
		if v := l.resolve(e.Line(), e.Value); v != nil {
			v.assigned = true
		}
	case *ast.AttrGetExpr:
		object := e.Object
		e.Object = l.expr(e.Object)
		l.storeKey(e, object)
	}
	return expr
}

// storeKey sends a key that may be a large integer through the memory check.
func (l *lowering) storeKey(e *ast.AttrGetExpr, object ast.Expr) {
	key := e.Key
	e.Key = l.expr(e.Key)
	if staysSmall(object, key) {
		return
	}
	call := l.call(builtinKey, e.Line(), oneValue(e.Key))
	if near, ok := key.(*ast.ArithmeticOpExpr); ok && (near.Operator == "+" || near.Operator == "-") && smallNumber(near.Rhs) {
		key = near.Lhs // t[i-1], t[i+1]
	}
	counter, table := l.visible(key), l.visible(object)
	if counter != nil && table != nil && counter.counter && table.loop < counter.loop {
		l.stores = append(l.stores, loopStore{table: table, counter: counter, target: e, call: call})
		return
	}
	e.Key = call
}

// visible is the local variable of an expression that is just a name.
func (l *lowering) visible(expr ast.Expr) *localVariable {
	if ident, ok := expr.(*ast.IdentExpr); ok {
		return l.resolve(ident.Line(), ident.Value)
	}
	return nil
}

// staysSmall tells whether storing under key can make the table's array part only a little larger.
func staysSmall(object, key ast.Expr) bool {
	switch k := key.(type) {
	case *ast.NumberExpr:
		return smallNumber(k)
	case *ast.StringExpr, *ast.StringConcatOpExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.NilExpr, *ast.TableExpr, *ast.FunctionExpr,
		*ast.RelationalOpExpr, *ast.UnaryNotOpExpr:
		return true
	case *ast.ArithmeticOpExpr:
		switch k.Operator {
		case "%":
			return smallNumber(k.Rhs)
		case "+":
			_, arithmetic := k.Lhs.(*ast.ArithmeticOpExpr)
			return smallNumber(k.Rhs) && (isSizeOf(k.Lhs, object) || arithmetic && staysSmall(object, k.Lhs))
		}
	}
	return false
}

func smallNumber(expr ast.Expr) bool {
	number, ok := expr.(*ast.NumberExpr)
	if !ok {
		return false
	}
	f, ok := parseNumber(number.Value)
	return ok && f <= smallKey
}

// isSizeOf tells whether an expression is #t of the table that is stored to, as in t[#t+1].
func isSizeOf(expr, table ast.Expr) bool {
	size, ok := expr.(*ast.UnaryLenOpExpr)
	if !ok {
		return false
	}
	of, ok1 := size.Expr.(*ast.IdentExpr)
	ident, ok2 := table.(*ast.IdentExpr)
	return ok1 && ok2 && of.Value == ident.Value
}

// oneValue makes a call or ... give exactly one value where the last of several would give all.
func oneValue(expr ast.Expr) ast.Expr { return single(expr) }

func (l *lowering) numericFor(s *ast.NumberForStmt) {
	small := s.Step == nil && smallNumber(s.Init)
	l.forNumbers(s)
	l.loop++
	l.scope(func() {
		for range 3 {
			l.declare(s.Line(), "(for)")
		}
		l.declare(s.Line(), s.Name).counter = small
		l.stmts(s.Stmts)
	})
	l.loop--
}

// forNumbers lowers the numbers of a for. Unless all are known to be numbers, one call gives the three: Init.
func (l *lowering) forNumbers(s *ast.NumberForStmt) {
	line, numbers := s.Init.LastLine(), []ast.Expr{s.Init, s.Limit}
	if s.Step != nil {
		numbers = append(numbers, s.Step)
	}
	known := true
	for i, expr := range numbers {
		known = known && isNumber(expr)
		numbers[i] = l.expr(expr)
	}
	s.Init, s.Limit = numbers[0], numbers[1]
	if s.Step != nil {
		s.Step = numbers[2]
	}
	if !known {
		oneValue(numbers[len(numbers)-1])
		call := &ast.FuncCallExpr{Func: l.builtin(builtinFor, line), Args: numbers}
		call.SetLine(line)
		s.Init, s.Limit, s.Step = call, nil, nil
	}
	s.Init.SetLastLine(line)
}

// isNumber tells of an expression that its value is a number, or else a table with metamethods.
func isNumber(expr ast.Expr) bool {
	switch expr.(type) {
	case *ast.NumberExpr, *ast.UnaryMinusOpExpr, *ast.ArithmeticOpExpr, *ast.UnaryLenOpExpr:
		return true
	}
	return false
}

func (l *lowering) genericFor(s *ast.GenericForStmt) {
	l.exprs(s.Exprs)
	l.loop++
	l.scope(func() {
		for range 3 {
			l.declare(s.Line(), "(for)")
		}
		for _, name := range s.Names {
			l.declare(s.Line(), name)
		}
		l.stmts(s.Stmts)
	})
	l.loop--
}

func givesMany(expr ast.Expr) bool {
	switch e := expr.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

func (l *lowering) exprs(exprs []ast.Expr) {
	for i, expr := range exprs {
		exprs[i] = l.expr(expr)
	}
}

// expr lowers an expression and returns what stands in its place.
func (l *lowering) expr(expr ast.Expr) ast.Expr {
	switch e := expr.(type) {
	case *ast.ArithmeticOpExpr:
		e.Lhs, e.Rhs = l.expr(e.Lhs), l.expr(e.Rhs)
	case *ast.UnaryMinusOpExpr:
		e.Expr = l.expr(e.Expr)
	case *ast.Comma3Expr:
		l.fn.usesDots = true
	case *ast.IdentExpr:
		return l.ident(e)
	case *ast.AttrGetExpr:
		return l.attribute(e)
	case *ast.FuncCallExpr:
		if e.Func != nil {
			e.Func = l.expr(e.Func)
		} else {
			e.Receiver = l.expr(e.Receiver)
		}
		l.exprs(e.Args)
	case *ast.StringConcatOpExpr:
		return l.concat(e)
	case *ast.LogicalOpExpr:
		e.Lhs, e.Rhs = l.expr(e.Lhs), l.expr(e.Rhs)
	case *ast.RelationalOpExpr:
		e.Lhs, e.Rhs = l.expr(e.Lhs), l.expr(e.Rhs)
	case *ast.UnaryNotOpExpr:
		e.Expr = l.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		e.Expr = l.expr(e.Expr)
	case *ast.TableExpr:
		if _, ok := l.bindings.paths[builtinTable]; ok && len(e.Fields) == 0 && l.loop == 0 {
			return l.call(builtinTable, e.Line())
		}
		l.table(e)
	case *ast.FunctionExpr:
		l.function(e, false)
	}
	return expr
}

func (l *lowering) function(f *ast.FunctionExpr, method bool) {
	loop := l.loop
	l.loop = loop + 1 // a body may run often, like a loop's
	l.enterFunction(f, method)
	l.stmts(f.Stmts)
	l.leaveFunction()
	l.loop = loop
}

func (l *lowering) ident(e *ast.IdentExpr) ast.Expr {
	if l.resolve(e.Line(), e.Value) != nil {
		return e
	}
	if bound := l.bind(e.Value, e.Line()); bound != nil {
		return bound
	}
	return e
}

func (l *lowering) attribute(e *ast.AttrGetExpr) ast.Expr {
	if library, ok := e.Object.(*ast.IdentExpr); ok {
		key, ok := e.Key.(*ast.StringExpr)
		if ok && l.resolve(library.Line(), library.Value) == nil && !strings.Contains(key.Value, ".") {
			if bound := l.bind(library.Value+"."+key.Value, e.Line()); bound != nil {
				return bound
			}
		}
	}
	e.Object = l.expr(e.Object)
	e.Key = l.expr(e.Key)
	return e
}

func (l *lowering) concat(e *ast.StringConcatOpExpr) ast.Expr {
	var operands []ast.Expr
	var rest ast.Expr = e
	for {
		link, ok := rest.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		operands = append(operands, l.expr(link.Lhs))
		rest = link.Rhs
	}
	operands = append(operands, oneValue(l.expr(rest)))
	if len(operands) <= maxConcatRegisters {
		return l.call(builtinConcat, e.Line(), operands...)
	}
	table := &ast.TableExpr{}
	table.SetLine(e.Line())
	for _, operand := range operands {
		table.Fields = append(table.Fields, &ast.Field{Value: operand})
	}
	count := numberExpr(float64(len(operands)))
	count.SetLine(e.Line())
	return l.call(builtinConcatTable, e.Line(), count, table)
}

func (l *lowering) table(e *ast.TableExpr) {
	for _, field := range e.Fields {
		if field.Key != nil {
			small := staysSmall(nil, field.Key)
			field.Key = l.expr(field.Key)
			if !small {
				field.Key = l.call(builtinKey, field.Key.Line(), oneValue(field.Key))
			}
		}
		last := field.Value.LastLine()
		field.Value = l.expr(field.Value)
		field.Value.SetLastLine(last)
	}
}
